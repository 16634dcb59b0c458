import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError, type Fetched } from '../contract/index.ts';
import { check } from './check.ts';
import { planFor } from './deploy.ts';
import { archive, ONE, REQUEST, TWO, worldOf } from './testing/archive.ts';
import { createWorld } from './testing/world.ts';

test('what a source brings is deployed, under the names that it gives', async () => {
  const from = archive({ '1.0': ONE, '2.0': TWO });
  const world = await worldOf(from);
  const plan = await planFor(world.runtime, world.config, { ...REQUEST, ref: '1.0' });
  expect(plan).toMatchObject({ revision: '1.0', branch: '1.0', message: 'First line', author: 'Ada' });
  expect(await readdir(dirname(world.at('web1')))).not.toContain('web1');
  expect(await world.deploy({ ref: '1.0' })).toMatchObject({ outcome: 'committed', revision: '1.0' });
  expect(await readFile(world.at('web1', 'current', 'index.html'), 'utf8')).toBe('one');
  expect(await world.deploy()).toMatchObject({ revision: '2.0', servers: [{ uploaded: { files: 1 } }] });
  expect(await world.deploy()).toMatchObject({ outcome: 'unchanged' });
  expect(from.asked.map(({ ref }) => ref)).toEqual(['1.0', '1.0', null, null]);
});

test('the branch of the environment is what it is asked for', async () => {
  const from = archive({ '1.0': ONE, '2.0': TWO });
  const world = await worldOf(from, { environment: { branch: '1.0' } });
  expect(await world.deploy()).toMatchObject({ revision: '1.0' });
  expect(await world.deploy({ ref: '2.0' })).toMatchObject({ revision: '2.0' });
});

test('it finds what it brought last, unless everything is to be done anew', async () => {
  const from = archive({ '1.0': ONE });
  const world = await worldOf(from);
  await world.deploy();
  await world.deploy();
  await world.deploy({ full: true });
  await check(world.runtime, world.config, 'production', []);
  expect(from.asked.map(({ found }) => found)).toEqual([[], ['in', 'index.html'], [], ['in', 'index.html']]);
});

test('two at once have a directory each', async () => {
  const from = archive({ '1.0': ONE });
  const both = Promise.withResolvers<void>();
  const world = await createWorld({
    servers: ['web1'],
    async fetch(request) {
      const fetched = await from.fetch(request);
      if (from.asked.length === 2) both.resolve();
      await both.promise;
      return fetched;
    },
  });
  await Promise.all([1, 2].map(() => planFor(world.runtime, world.config, REQUEST)));
  expect(new Set(from.asked.map(({ directory }) => directory)).size).toBe(2);
  const [kept = ''] = await readdir(join(world.runtime.stateDirectory, 'fetched'));
  expect(await readdir(join(world.runtime.stateDirectory, 'fetched', kept))).toEqual(['free']);
});

test.for([
  [new Error('no network'), 'E_SOURCE', 'The source spy failed: no network'],
  ['a text', 'E_SOURCE', 'The source spy failed: a text'],
  [
    new CutoverError('E_SOURCE', 'Nothing is called 3.0.', { hint: 'Try 2.0.' }),
    'E_SOURCE',
    'Nothing is called 3.0.',
  ],
  [new CutoverError('E_STRANDED', 'all is lost'), 'E_SOURCE', 'The source spy failed: all is lost'],
  [new CutoverError('E_USAGE', 'It has no refs.'), 'E_USAGE', 'It has no refs.'],
] as const)(
  'one that throws %s stops everything before anything is touched',
  async ([error, code, message]) => {
    const world = await createWorld({ servers: ['web1'], fetch: () => Promise.reject(error) });
    await expect(world.deploy()).rejects.toMatchObject({ code, message });
    await expect(planFor(world.runtime, world.config, REQUEST)).rejects.toMatchObject({ code, message });
    expect(await readdir(dirname(world.at('web1')))).not.toContain('web1');
  },
);

test.for([
  [undefined, 'no revision'],
  ['', '"" as its revision'],
  ['two\nlines', String.raw`"two\nlines" as its revision`],
  [7, '7 as its revision'],
  [{ a: 1 }, '{"a":1} as its revision'],
] as const)('%j is no revision', async ([revision, gave]) => {
  const world = await createWorld({
    servers: ['web1'],
    fetch: async () => ({ revision }) as unknown as Fetched,
  });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: `The source spy gave ${gave}: it must be one line of text, or null.`,
    hint: 'This is a fault of the plugin.',
  });
});

test('what a broken run left is nothing to begin with', async () => {
  const from = archive({ '1.0': ONE });
  let isBroken = true;
  const world = await createWorld({
    servers: ['web1'],
    async fetch(request) {
      const fetched = await from.fetch(request);
      if (isBroken) throw new Error('half of it came');
      return fetched;
    },
  });
  await expect(world.deploy()).rejects.toMatchObject({ code: 'E_SOURCE' });
  isBroken = false;
  await world.deploy();
  expect(from.asked.map(({ found }) => found)).toEqual([[], []]);
});

test('somebody who stops the run stops the source', async () => {
  const asked = Promise.withResolvers<void>();
  const world = await createWorld({
    servers: ['web1'],
    fetch: (_, { signal }) => {
      asked.resolve();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const deploying = world.deploy();
  await asked.promise;
  world.cancel.abort();
  await expect(deploying).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect((await world.seen('web1').catch(() => null))?.lock ?? 'released').toBe('released');
});

test('it is given the secrets of its own options, and no others', async () => {
  const world = await createWorld({
    servers: ['web1'],
    fetch: async (_, { secret }) => ({ revision: (await secret({ env: 'HOME' })).reveal() }),
  });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('the source spy asked for a secret'),
  });
});

test('what a .deployignore names is there for the next call, and never deployed', async () => {
  const notes: (string | null)[] = [];
  const world = await createWorld({
    servers: ['web1'],
    async fetch({ directory }) {
      const known = await readFile(join(directory, '.etag'), 'utf8').catch(() => null);
      notes.push(known);
      if (known !== null) return { revision: known };
      await writeFile(join(directory, 'index.html'), 'one');
      await writeFile(join(directory, '.deployignore'), '*.map');
      await appendFile(join(directory, '.deployignore'), '\n/.etag\n');
      await writeFile(join(directory, '.etag'), 'v1');
      return { revision: 'v1' };
    },
  });
  await check(world.runtime, world.config, 'production', []);
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', revision: 'v1' });
  expect(await world.deploy()).toMatchObject({ outcome: 'unchanged' });
  expect(notes).toEqual([null, 'v1', 'v1']);
  expect(await readdir(world.at('web1', 'current'))).toEqual(['index.html']);
});
