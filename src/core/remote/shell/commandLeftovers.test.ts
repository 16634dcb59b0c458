import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { engineHere, type Here, linkTo, lockRecord, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import { shellEngine } from './index.ts';

const RELEASE = '20260101000001';

/** Starts a command and lets it be. `said` is the number that it prints, `ended` why it failed, or null. */
function begin(here: Here, id: string, run: string) {
  const said = Promise.withResolvers<number>();
  const request = { id, run, directory: here.path, variables: {}, timeoutMs: null, idleTimeoutMs: null };
  const onLine = (_: string, line: string) => said.resolve(Number(line));
  const ended = here.engine.command(here.fence, { ...request, onLine }, never).then(
    () => null,
    (error: Error) => error.message,
  );
  return { said: said.promise, ended };
}

/** Once it has told the number of its process. */
async function leave(here: Here, id: string, run: string) {
  const { said, ended } = begin(here, id, run);
  return { pid: await said, ended };
}

/** One that is dead and only waits to be counted does not live. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

test('what still works of a release is ended with all that it started, and nothing else is', async () => {
  const here = await engineHere();
  const mine = await leave(here, `${RELEASE}-postUpload-1`, 'sleep 600 & echo $!; wait');
  const again = await leave(here, `${RELEASE}-postLaunch-0-again`, 'echo $$; exec sleep 600');
  const other = await leave(here, '20260101000002-postUpload-0', 'echo $$; exec sleep 600');
  const service = await leave(here, `${RELEASE}-postUpload-0`, 'sleep 600 & echo $!');
  expect(await service.ended).toBeNull();
  expect(await here.engine.endCommands(here.fence, RELEASE, never)).toEqual({
    ended: [`${RELEASE}-postUpload-1`],
    working: [],
  });
  expect([mine, again, other, service].map(({ pid }) => isAlive(pid))).toEqual([false, true, true, true]);
  expect(await mine.ended).toContain('ended with exit status 143 (signal 15)');
  expect(await here.engine.endCommands(here.fence, RELEASE, never)).toEqual({ ended: [], working: [] });
  for (const { pid } of [again, other, service]) process.kill(pid);
});

test('one that ignores TERM is killed', async () => {
  const quick = await pathWith({ sleep: '[ "$1" = 0.1 ] && exec /bin/sleep 0.001; exec /bin/sleep "$1"' });
  const here = await engineHere(localTransport({ env: { ...process.env, PATH: quick } }));
  const run = "trap '' TERM; echo $$; while :; do sleep 600; done";
  const { pid, ended } = await leave(here, `${RELEASE}-postUpload-0`, run);
  expect((await here.engine.endCommands(here.fence, RELEASE, never)).working).toEqual([]);
  expect(isAlive(pid)).toBe(false);
  expect(await ended).toContain('nobody knows how it ended');
});

test('one that cannot be ended is told', async () => {
  const here = await engineHere();
  const { pid } = await leave(here, `${RELEASE}-postUpload-0`, 'echo $$; exec sleep 600');
  const quick = await pathWith({ sleep: 'exec /bin/sleep 0.001' });
  const powerless = localTransport({
    env: { ...process.env, PATH: quick },
    wrap: () => ['sh', '-c', 'kill() { return 1; }; eval "$(cat)"'],
  });
  const engine = shellEngine(linkTo(powerless), here.path);
  expect(await engine.endCommands(here.fence, RELEASE, never)).toEqual({
    ended: [],
    working: [`${RELEASE}-postUpload-0`],
  });
  expect(isAlive(pid)).toBe(true);
  process.kill(pid);
});

test('one that is about to begin does not', async () => {
  const here = await engineHere();
  await mkdir(here.at(`.cutover/runs/${RELEASE}-postUpload-0`), { recursive: true });
  expect(await here.engine.endCommands(here.fence, RELEASE, never)).toEqual({ ended: [], working: [] });
  const { ended } = begin(here, `${RELEASE}-postUpload-0`, 'touch begun');
  expect(await ended).toContain('was not started any more');
  expect(existsSync(here.at('begun'))).toBe(false);
});

test('one that was held up until another deployer had the lock does not begin', async () => {
  const here = await engineHere();
  const path = await pathWith({
    setsid: `touch "${here.at('waits')}"; until [ -e "${here.at('go')}" ]; do /bin/sleep 0.01; done; exec /usr/bin/setsid "$@"`,
    // Whoever waits for it to begin gives up early.
    sleep: 'exec /bin/sleep 0.02',
  });
  const engine = shellEngine(linkTo(localTransport({ env: { ...process.env, PATH: path } })), here.path);
  const { ended } = begin({ ...here, engine }, `${RELEASE}-postUpload-0`, 'touch begun');
  await vi.waitUntil(() => existsSync(here.at('waits')), { timeout: 10_000 });
  const over = { generation: here.fence.generation, silentSec: null };
  expect(await here.engine.takeLock(lockRecord('two'), never, { over })).toMatchObject({ taken: true });
  await writeFile(here.at('go'), '');
  expect(await ended).toContain('was not started any more');
  expect(existsSync(here.at('begun'))).toBe(false);
});
