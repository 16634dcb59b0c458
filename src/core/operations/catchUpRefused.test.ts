import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lockRecord, never } from '../testing/engineHere.ts';
import { deploy } from './deploy.ts';
import { mark } from './marks.ts';
import { type WorldWithAway, worldWithAway } from './testing/away.ts';
import { back, catchUpIn, missing, oneBehind } from './testing/behind.ts';
import type { World } from './testing/world.ts';

test.for([
  [
    'another run holds the lock of a server that is not changed',
    (world) => world.engine('web1').takeLock(lockRecord('somebody'), never),
    { code: 'E_LOCKED', server: 'web1' },
  ],
  [
    'a transaction is open on one of the others',
    async (world) => {
      const emit: World['runtime']['emit'] = (event) => {
        if (event.type === 'step.done' && event.step === 'prepare') throw new Error('cut short');
      };
      await world.write({ 'index.html': 'cut' });
      const ask = { environment: 'production', ref: null, full: false, unpin: false, saved: null };
      await deploy({ ...world.runtime, emit }, world.config, { ...ask, servers: ['web1'] }).catch(() => {});
    },
    { code: 'E_OPEN_TRANSACTION' },
  ],
  [
    'the source is another',
    (world) => world.write({ 'index.html': 'three' }),
    { code: 'E_REFUSED', message: expect.stringMatching(/The source is not what release \d+ was made from/) },
  ],
  [
    'a server has something newer',
    (world) => mkdir(world.at('web3', 'releases/20990101000000')),
    { code: 'E_REFUSED', message: expect.stringMatching(/web3: it has 20990101000000, which is newer than/) },
  ],
] as const satisfies readonly (readonly [string, (world: WorldWithAway) => Promise<unknown>, object])[])(
  'nothing is touched where %s',
  async ([, change, refused]) => {
    const { world } = await oneBehind();
    await change(world);
    const before = await world.seen('web3');
    await expect(catchUpIn(world)).rejects.toMatchObject(refused);
    expect(await world.seen('web3')).toEqual(before);
  },
);

test('a run that begins on one of the others before the locks are taken is seen under them', async () => {
  const { world } = await oneBehind({ notify: () => {} });
  const before = await world.seen('web3');
  // Notifiers are made between the first look and the locks.
  const notifier: World['runtime']['extensions']['notifier'] = async (name) => {
    await world.engine('web1').takeLock(lockRecord('somebody'), never);
    return world.runtime.extensions.notifier(name);
  };
  const runtime = { ...world.runtime, extensions: { ...world.runtime.extensions, notifier } };
  await expect(catchUpIn({ ...world, runtime })).rejects.toMatchObject({ code: 'E_LOCKED', server: 'web1' });
  expect(await world.seen('web3')).toEqual({ ...before, lock: 'released' });
});

test('a run on one of the others is waited for', async () => {
  const { world, second } = await oneBehind();
  const held = await world.engine('web1').takeLock(lockRecord('somebody'), never);
  const caughtUp = catchUpIn(world, [], { lockWaitMs: 60_000 });
  await expect
    .poll(() => world.events)
    .toContainEqual(
      expect.objectContaining({
        type: 'log',
        server: 'web1',
        message: expect.stringMatching(/^Locked: waiting/),
      }),
    );
  if (held.taken) await world.engine('web1').releaseLock(held.fence.generation, never);
  expect(await caughtUp).toMatchObject({ outcome: 'committed', release: second });
});

test('servers that have the release already are refused, with how to bring them there', async () => {
  const { world, first } = await oneBehind();
  await catchUpIn(world);
  await back(world, null, ['web3']);
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(new RegExp(`web1: the release ${first} is there already(.|\n)*web2: `)),
    hint: expect.stringContaining(`cutover rollback production --to ${first} --server web1`),
  });
});

test('a server that is paused stays behind, and a frozen environment as it is', async () => {
  const { world, second } = await oneBehind();
  const set = { reason: 'a new disk', until: null };
  const pause = { environment: 'production', name: 'paused', servers: ['web3'], set } as const;
  await mark(world.runtime, world.config, pause);
  expect(await catchUpIn(world)).toMatchObject({
    outcome: 'unchanged',
    problems: [expect.stringMatching(/^web3: it is paused by me@here.*a new disk/)],
  });
  await expect(catchUpIn(world, ['web3'])).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/web3: it is paused by me@here/),
    hint: 'cutover unpause production web3',
  });
  await mark(world.runtime, world.config, { ...pause, set: null });
  await mark(world.runtime, world.config, { ...pause, name: 'frozen', servers: ['web1'] });
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/production is frozen on web1 by me@here/),
  });
  expect(await catchUpIn(world, [], { override: 'urgent' })).toMatchObject({ release: second });
});

test('a rollback is undone where somebody says so only', async () => {
  const world = await worldWithAway({ environment: { maxUnreachable: 1 } });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await back(world);
  await missing(world, { 'index.html': 'three' }, { unpin: true });
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/web3: it was rolled back to \d+ by me@here/),
    hint: 'cutover catch-up production --unpin',
  });
  expect(await catchUpIn(world, [], { unpin: true })).toMatchObject({ outcome: 'committed' });
  await world.write({ 'index.html': 'four' });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed' });
});
