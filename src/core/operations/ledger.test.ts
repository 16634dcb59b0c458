import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tidied } from '../testing/tidied.ts';
import { rollback } from './rollback.ts';
import { createWorld, type World } from './testing/world.ts';

const back = (world: World) =>
  rollback(world.runtime, world.config, { environment: 'production', to: null, servers: [] });

/** As many releases of one server, with the text of the ledger at hand. */
async function withReleases(count: number, keep = 3) {
  const world = await createWorld({ servers: ['web1'], environment: { keep } });
  const next = async () => {
    await world.write({ 'index.html': `version ${made.length}` });
    const result = await world.deploy();
    made.push(result.release);
    return result;
  };
  const made: string[] = [];
  while (made.length < count) await next();
  const at = (release: string) => world.at('web1', 'releases', release);
  const ledger = world.at('web1', '.cutover', 'ledger');
  return { world, made, next, at, ledger };
}

const line = (release: string, state: string) =>
  `${JSON.stringify({ release, state, at: '2026-01-01T00:00:00Z', by: 'me@here' })}\n`;

test('a release that is in use stays, is told of as a problem, and goes with a later deployment', async () => {
  const { world, made, next, at } = await withReleases(1, 2);
  const worker = spawn('/bin/sleep', ['600'], { cwd: at(made[0]!), stdio: 'ignore' });
  const ended = once(worker, 'exit');
  onTestFinished(() => void worker.kill('SIGKILL'));
  await once(worker, 'spawn');
  await next();
  const told = [`web1: the release ${made[0]} is in use by process ${worker.pid} (sleep) and stays`];
  expect(await next()).toMatchObject({ outcome: 'committed', problems: told });
  expect(await next()).toMatchObject({ outcome: 'committed', problems: told });
  expect((await world.seen('web1')).releases).toEqual([made[0], ...made.slice(-2)]);

  worker.kill('SIGKILL');
  await ended;
  expect(await next()).toMatchObject({ outcome: 'committed', problems: [] });
  expect((await world.seen('web1')).releases).toEqual(made.slice(-2));
});

test('what the ledger tells of and somebody removed is neither counted nor gone back to', async () => {
  const { world, made, next, at } = await withReleases(3);
  await rm(at(made[1]!), { recursive: true });
  await next();
  expect((await world.seen('web1')).releases).toEqual([made[0], made[2], made[3]]);
  await rm(at(made[2]!), { recursive: true });
  expect(await back(world)).toMatchObject({ outcome: 'committed', release: made[0] });
});

test('what crashes left without a success is swept by the next deployments, but for the newest', async () => {
  const { world, made, next, at, ledger } = await withReleases(1, 2);
  const crashed = [1, 2, 3].map((more) => String(Number(made[0]) + more));
  for (const release of crashed) {
    await cp(at(made[0]!), at(release), { recursive: true });
    await appendFile(ledger, line(release, release === crashed[1] ? 'active' : 'ready'));
  }
  await next();
  expect((await world.seen('web1')).releases).toEqual([made[0], crashed[2], made[1]]);
  expect(await back(world)).toMatchObject({ release: made[0] });
});

test('what a dead run left in progress is swept by the next one', async () => {
  const { world, next } = await withReleases(1);
  for (const name of ['trash', 'build', 'incoming', 'tmp'])
    await mkdir(world.at('web1', '.cutover', name, '20260101000000', 'half'), { recursive: true });
  await next();
  // Trash is left to who tidies up, while that lives.
  await tidied(world.at('web1'));
  for (const name of ['trash', 'build', 'incoming', 'tmp'])
    expect(await readdir(world.at('web1', '.cutover', name))).not.toContain('20260101000000');
});

test('a ledger that grew long is written anew, with nothing lost that counts', async () => {
  const { world, made, next, ledger } = await withReleases(3);
  expect(await back(world)).toMatchObject({ release: made[1] });
  const gone = Array.from({ length: 600 }, (_, index) =>
    line(String(20200101000000 + (index % 60)), 'failed'),
  );
  await appendFile(ledger, `${gone.join('')}{"torn`);
  const before = await world.seen('web1');
  await expect(next()).rejects.toMatchObject({ code: 'E_REFUSED', hint: expect.stringContaining('--unpin') });
  expect((await readFile(ledger, 'utf8')).split('\n').length).toBeGreaterThan(600);

  expect(await back(world)).toMatchObject({ outcome: 'committed', release: made[0] });
  const lines = (await readFile(ledger, 'utf8')).trimEnd().split('\n');
  expect(lines.length).toBeLessThan(60);
  const { states } = await world.seen('web1');
  expect(states).toMatchObject({ [made[0]!]: 'succeeded', [made[1]!]: 'bad', [made[2]!]: 'bad' });
  expect(before.states[made[1]!]).toBe('succeeded');
  await expect(next()).rejects.toMatchObject({ message: expect.stringContaining(`back to ${made[0]}`) });
});
