import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { deploy, planFor } from './deploy.ts';
import { rollback } from './rollback.ts';
import { command, createWorld, type World } from './testing/world.ts';

const ASK = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

const back = (world: World, servers: readonly string[] = []) =>
  rollback(world.runtime, world.config, { environment: 'production', to: null, servers });

/** Two releases, the newer one of which was left; a third state waits in the source. */
async function rolledBack() {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  const first = await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await back(world);
  await world.write({ 'index.html': 'three' });
  return { world, first: first.release };
}

test('a deployment refuses to undo a rollback, says whose it is, and what to type', async () => {
  const { world, first } = await rolledBack();
  const before = await world.seen('web1');
  const since = /"at":"([^"]+)"[^\n]*"pinned":true/.exec(
    await readFile(world.at('web1', '.cutover/ledger'), 'utf8'),
  )?.[1];
  for (const full of [false, true]) {
    await expect(world.deploy({ full })).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: expect.stringContaining(`web1: it was rolled back to ${first} by me@here at ${since}`),
      hint: 'cutover deploy production --unpin',
    });
  }
  expect(await world.seen('web1')).toEqual(before);

  expect(await world.deploy({ unpin: true })).toMatchObject({ outcome: 'committed', previous: first });
  await world.write({ 'index.html': 'four' });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed' });
});

test('what is live already is no undoing; to take the pin away is something to do', async () => {
  const { world } = await rolledBack();
  await world.write({ 'index.html': 'one' });
  expect(await world.deploy()).toMatchObject({ outcome: 'unchanged' });
  expect(await world.deploy({ unpin: true })).toMatchObject({ outcome: 'committed' });
  expect(await world.deploy({ unpin: true })).toMatchObject({ outcome: 'unchanged' });
});

test('a plan is still made and notes it; only one made to undo the rollback runs', async () => {
  const { world, first } = await rolledBack();
  const saved = await planFor(world.runtime, world.config, ASK);
  expect(saved.notes[0]).toMatch(new RegExp(`web1: it was rolled back to ${first} .* without --unpin`));
  await expect(deploy(world.runtime, world.config, { ...ASK, saved })).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining(`web2: it was rolled back to ${first}`),
  });

  const unpinning = await planFor(world.runtime, world.config, { ...ASK, unpin: true });
  expect(unpinning).toMatchObject({
    unpin: true,
    notes: Array(2).fill(expect.stringMatching(/; this undoes it$/)),
  });
  expect(await deploy(world.runtime, world.config, { ...ASK, saved: unpinning })).toMatchObject({
    outcome: 'committed',
    release: unpinning.release,
  });
});

test('a plan made before the rollback does not undo it either', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await world.write({ 'index.html': 'three' });
  const saved = await planFor(world.runtime, world.config, ASK);
  await back(world);
  await expect(deploy(world.runtime, world.config, { ...ASK, saved })).rejects.toMatchObject({
    code: 'E_REFUSED',
    hint: 'cutover deploy production --unpin',
  });
});

test('a deployment that may undo it and fails leaves the pin', async () => {
  const { world, first } = await rolledBack();
  const failing = {
    ...world.config.environments.production!,
    commands: { postUpload: [], postLaunch: [command('exit 1')] },
  };
  const config = { ...world.config, environments: { production: failing } };
  expect(await deploy(world.runtime, config, { ...ASK, unpin: true })).toMatchObject({
    outcome: 'compensated',
  });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining(`rolled back to ${first}`),
  });
});

test('a rollback of one server pins that one, and stops a deployment of the group', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await back(world, ['web2']);
  await world.write({ 'index.html': 'three' });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.not.stringContaining('web1'),
  });
  expect(await world.deploy({ servers: ['web1'] })).toMatchObject({ outcome: 'committed' });
});
