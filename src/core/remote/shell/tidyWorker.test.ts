import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineAt, engineHere, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { tidied } from '../../testing/tidied.ts';
import { A, again, B, deployed, ended, ONE, standbys, TWO } from './testing/tidiedSite.ts';

/** A server whose worker is held up when it starts to clone, until it is let go on. */
async function heldUp() {
  const gate = join(await scratch(), 'gate');
  await promisifiedMkfifo(gate);
  const cp = `case $* in *standby*part) : >${gate}.reached; read line <${gate} ;; esac; exec /bin/cp "$@"`;
  const sleep = `: >${gate}.waiting; exec /bin/sleep "$@"`;
  const transport = localTransport({ env: { ...process.env, PATH: await pathWith({ cp, sleep }) } });
  const here = await engineHere(transport);
  await here.build(A, ONE);
  await here.engine.releaseLock(here.fence.generation, never);
  return {
    here,
    transport,
    goOn: () => writeFile(gate, 'go\n'),
    reached: () => untilThere(`${gate}.reached`),
    waiting: () => untilThere(`${gate}.waiting`),
  };
}

async function promisifiedMkfifo(path: string): Promise<void> {
  await once(spawn('mkfifo', [path]), 'exit');
}

async function untilThere(path: string): Promise<void> {
  await once(spawn('sh', ['-c', 'until [ -e "$1" ]; do sleep 0.01; done', 'sh', path]), 'exit');
}

test('a worker that is still at work when the next deployment begins makes nothing of it', async () => {
  const { here, goOn, reached } = await heldUp();
  await reached();
  const next = await again(here);
  expect(await readdir(here.at('.cutover/standby/claimed-g-000003'))).toEqual(['head', 'pid', 'trial']);
  const work = await next.sync(B, TWO);
  await goOn();
  await tidied(here.path);
  await next.link(B, work);
  expect(await standbys(here)).toEqual(['claimed-g-000003', 'wanted']);
  expect(await listing(here.at('releases', B))).toEqual(await listing(here.at('deploy-cache')));
  await ended(next);
  expect(await standbys(here)).toEqual(['g-000004', 'wanted']);
  expect(await listing(here.at('.cutover/standby/g-000004/tree'))).toEqual(
    await listing(here.at('deploy-cache')),
  );
});

test('while one is at work the next one waits, and so there are never two', async () => {
  const { here, goOn, reached, waiting, transport } = await heldUp();
  await reached();
  const next = await again(here, transport);
  await next.build(B, TWO);
  await next.engine.releaseLock(next.fence.generation, never);
  await waiting();
  expect(await readdir(here.at('.cutover/standby/g-000004'))).toEqual(['pid']);
  await rm(here.at('.cutover/standby/wanted'));
  await writeFile(here.at('.cutover/standby/wanted'), 'stamp\n');
  await goOn();
  await tidied(here.path);
  expect(await standbys(here)).toEqual(['g-000004', 'wanted']);
  expect(await readdir(here.at('.cutover/standby/g-000004'))).toContain('leaks');
});

test('trash is left to a worker that lives, and removed at once when it is dead', async () => {
  const { here, reached } = await heldUp();
  await reached();
  await mkdir(here.at('.cutover/trash/old/half'), { recursive: true });
  const next = await again(here);
  expect(await readdir(here.at('.cutover/trash'))).toContain('old');
  const [pid] = (await readFile(here.at('.cutover/standby/claimed-g-000003/pid'), 'utf8')).split(' ');
  process.kill(-Number(pid), 'SIGKILL');
  await tidied(here.path);
  await next.engine.prepare(next.fence, never);
  expect(await readdir(here.at('.cutover/trash'))).not.toContain('old');
});

test('one whose deploy path is gone ends', async () => {
  const { here, goOn, reached } = await heldUp();
  await reached();
  const [pid] = (await readFile(here.at('.cutover/standby/g-000002/pid'), 'utf8')).split(' ');
  await rm(here.path, { recursive: true });
  await goOn();
  await once(spawn('tail', [`--pid=${pid}`, '-s', '0.02', '-f', '/dev/null']), 'exit');
  expect(existsSync(here.path)).toBe(false);
});

test('the lock comes back at once, whatever the worker does', async () => {
  const { here, goOn, reached } = await heldUp();
  await reached();
  expect((await here.see()).lock.record).toBe('released');
  await goOn();
  await tidied(here.path);
});

test('what nobody can remove is named, and stops nothing', async () => {
  const rm = 'case $* in *trash/stuck*) echo "rm: cannot remove" >&2; exit 1 ;; esac; exec /bin/rm "$@"';
  const before = await deployed();
  await mkdir(before.at('.cutover/trash/stuck'));
  const transport = localTransport({ env: { ...process.env, PATH: await pathWith({ rm }) } });
  const { engine, fence } = await engineAt(transport, before.path);
  expect(await engine.prepare(fence, never)).toEqual({ method: 'mv', stays: ['stuck'] });
});
