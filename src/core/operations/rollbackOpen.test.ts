import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { acquireLocks } from '../lock/acquire.ts';
import { deploy } from './deploy.ts';
import { rollback } from './rollback.ts';
import { cutShort, DEPLOY, PLAIN, refusal } from './testing/lives.ts';
import { createWorld } from './testing/world.ts';

/** The first deployment is open, and locked by a process of this machine. */
async function worldInDeployment() {
  const world = await createWorld({ servers: ['web1'] });
  expect(await cutShort(world, 7, (runtime) => deploy(runtime, world.config, DEPLOY))).toBe(true);
  const process = spawn('sleep', ['600'], { stdio: 'ignore' });
  await acquireLocks(new Map([['web1', world.engine('web1')]]), {
    by: 'me@here',
    pid: process.pid!,
    since: new Date(),
    release: null,
    environment: 'production',
  });
  const die = async () => {
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
  };
  const back = (lockWaitMs = 0) => rollback(world.runtime, world.config, { ...PLAIN, to: null, lockWaitMs });
  return { world, die, back };
}

test('with nothing to go back to while a run has died in the middle, that is told, and what to type', async () => {
  const { world, die, back } = await worldInDeployment();
  await die();
  const { code, text } = await refusal(back());
  expect(code).toBe('E_OPEN_TRANSACTION');
  expect(text).toMatch(/An earlier deployment is open: release \d{14}, by me@here/);
  expect(text).toContain('cutover resume production, or to take it back: cutover resume production --abort');
  expect((await world.seen('web1')).lock).toBe('released');
});

test('where the run is at work, it is named', async () => {
  const { die, back } = await worldInDeployment();
  const { code, text } = await refusal(back()).finally(die);
  expect(code).toBe('E_LOCKED');
  expect(text).toContain('web1 is locked by me@here');
});
