import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Transport } from '../contract/index.ts';
import { never } from '../testing/engineHere.ts';
import { localTransport } from '../testing/localConnection.ts';
import { pathWith } from '../testing/scratch.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { command, createWorld, type World } from './testing/world.ts';

const ABORT = { environment: 'production', servers: [], lockWaitMs: 0, abort: true };

/** A deployment that died, and a command of its release that nobody follows any more. */
async function abandoned(transport: (plain: Transport) => Transport = (plain) => plain) {
  const world = await createWorld({
    servers: ['web1'],
    environment: { commands: { postUpload: [command('true')], postLaunch: [] } },
    transport: (_, plain) => transport(plain),
  });
  const { release: old } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  let release = '';
  const emit: World['runtime']['emit'] = (event) => {
    if (event.type === 'opened') release = event.plan.release;
    if (event.type === 'step.done' && event.step === 'postUpload') throw new Error('cut short');
  };
  const request = { ...ABORT, ref: null, full: false, unpin: false, saved: null };
  await expect(deploy({ ...world.runtime, emit }, world.config, request)).rejects.toThrow();
  const engine = world.engine('web1');
  const lock = await engine.takeLock('v1 n you%40there 7 noon -', never);
  if (!lock.taken) throw new Error('The dead run has kept its lock.');
  const said = Promise.withResolvers<number>();
  const ended = engine
    .command(
      lock.fence,
      {
        id: `${release}-postUpload-1`,
        run: 'echo $$; exec sleep 600',
        directory: world.at('web1'),
        variables: {},
        timeoutMs: null,
        idleTimeoutMs: null,
        onLine: (_, line) => said.resolve(Number(line)),
      },
      never,
    )
    .catch((error: Error) => error.message);
  const pid = await said.promise;
  await engine.releaseLock(lock.fence.generation, never);
  return { world, old, release, pid, ended };
}

test('a command that nobody could reach is ended before its release is taken back, and that is told', async () => {
  const { world, old, release, pid, ended } = await abandoned();
  const result = await resume(world.runtime, world.config, ABORT);
  expect(result).toMatchObject({
    outcome: 'compensated',
    problems: [`web1: the command ${release}-postUpload-1 was still at work there; its processes were ended`],
  });
  expect(isAlive(pid)).toBe(false);
  expect(await ended).toContain('ended with exit status 143');
  expect(await world.seen('web1')).toMatchObject({ current: `releases/${old}`, releases: [old] });
});

test('one that cannot be ended keeps its release, and the next one who resumes ends it all', async () => {
  let isPowerless = false;
  const quick = await pathWith({ sleep: 'exec /bin/sleep 0.001' });
  const powerless = localTransport({
    env: { ...process.env, PATH: quick },
    wrap: () => ['bash', '-c', 'kill() { return 1; }; export -f kill; exec bash -s'],
  });
  const { world, old, release, pid } = await abandoned((plain) => ({
    address: 'here',
    connect: (scope) => (isPowerless ? powerless : plain).connect(scope),
  }));
  isPowerless = true;
  const result = await resume(world.runtime, world.config, ABORT);
  expect(result).toMatchObject({ outcome: 'stranded', servers: [{ current: old }] });
  expect(JSON.stringify(result)).toContain(
    `web1: ${release}-postUpload-1 still works there and could not be ended, so the release ${release} stays`,
  );
  expect((await world.seen('web1')).releases).toEqual([old, release]);
  isPowerless = false;
  expect((await resume(world.runtime, world.config, ABORT))?.outcome).toBe('compensated');
  expect(isAlive(pid)).toBe(false);
  expect((await world.seen('web1')).releases).toEqual([old]);
});

/** One that is dead and only waits to be counted does not live. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
