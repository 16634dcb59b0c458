import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError, type Fetched, type SourceRequest } from '../contract/index.ts';
import { repairCache } from './cacheRepair.ts';
import { catchUp } from './catchUp.ts';
import { check } from './check.ts';
import { deploy, planFor } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { worldWithAway } from './testing/away.ts';
import { createWorld, type WorldOptions } from './testing/world.ts';

type Files = Readonly<Record<string, string>>;

/** Versions by name, of which the newest is asked for by null, and what was asked. */
function archive(versions: Readonly<Record<string, Files>>) {
  const asked: { readonly ref: string | null; readonly directory: string; readonly found: string[] }[] = [];
  return {
    asked,
    versions: new Map(Object.entries(versions)),
    async fetch({ ref, directory }: SourceRequest): Promise<Fetched> {
      asked.push({ ref, directory, found: await readdir(directory) });
      const revision = ref ?? [...this.versions.keys()].at(-1)!;
      const files = this.versions.get(revision);
      if (files === undefined) throw new Error(`there is no ${revision}`);
      for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await writeFile(join(directory, name), text);
      }
      return { revision, message: 'First line\nand more', author: 'Ada' };
    },
  };
}

const ONE = { 'index.html': 'one', 'in/kept': 'k' };
const TWO = { 'index.html': 'two', 'in/kept': 'k' };
const ENVIRONMENT = { environment: 'production', servers: [], lockWaitMs: 0 };
const REQUEST = { ...ENVIRONMENT, ref: null, full: false, unpin: false, saved: null };

const worldOf = (from: ReturnType<typeof archive>, options: WorldOptions = {}) =>
  createWorld({ servers: ['web1'], ...options, fetch: (request) => from.fetch(request) });

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

test('who catches up asks for the revision that the others serve, and a rollback asks for nothing', async () => {
  const from = archive({ '1.0': ONE });
  const world = await worldWithAway({
    servers: ['web1', 'web2'],
    environment: { maxUnreachable: 1 },
    fetch: (request) => from.fetch(request),
  });
  await world.deploy();
  from.versions.set('2.0', TWO);
  world.away.set('web2', 'E_UNREACHABLE');
  await world.deploy();
  world.away.clear();
  from.versions.set('3.0', { 'index.html': 'three' });
  const request = { environment: 'production', servers: [], unpin: false };
  expect(await catchUp(world.runtime, world.config, request)).toMatchObject({ revision: '2.0' });
  expect(await readFile(world.at('web2', 'current', 'index.html'), 'utf8')).toBe('two');
  await rollback(world.runtime, world.config, { ...ENVIRONMENT, to: null });
  expect(from.asked.map(({ ref }) => ref)).toEqual([null, null, '2.0']);
});

test('one that gives something else by the same name is refused', async () => {
  const from = archive({ '1.0': ONE });
  const world = await worldOf(from);
  const saved = await planFor(world.runtime, world.config, REQUEST);
  from.versions.set('1.0', TWO);
  await expect(world.deploy({ saved })).rejects.toMatchObject({ code: 'E_STALE' });
  from.versions.set('1.0', ONE).set('2.0', TWO);
  expect(await world.deploy({ saved })).toMatchObject({ outcome: 'committed', revision: '1.0' });
});

test('without a name for its content that of the tree stands in, which it is never asked for', async () => {
  const asked: (string | null)[] = [];
  const world = await createWorld({
    servers: ['web1'],
    environment: { branch: 'main' },
    async fetch({ ref, directory }) {
      asked.push(ref);
      await writeFile(join(directory, 'index.html'), 'one');
      return { revision: null };
    },
  });
  const saved = await planFor(world.runtime, world.config, REQUEST);
  expect(saved).toMatchObject({ revision: expect.stringMatching(/^sha256:/), branch: 'main' });
  await world.deploy({ saved });
  expect(asked).toEqual(['main', 'main']);
});

test('a cache is mended with what the release was called', async () => {
  const from = archive({ '1.0': ONE });
  const world = await worldOf(from);
  await world.deploy();
  from.versions.set('2.0', TWO);
  await rm(world.at('web1', 'deploy-cache', 'index.html'));
  const result = await repairCache(world.runtime, world.config, ENVIRONMENT);
  expect(result.servers).toMatchObject([{ mended: [{ path: 'index.html' }], failure: null }]);
  expect(await readFile(world.at('web1', 'deploy-cache', 'index.html'), 'utf8')).toBe('one');
});

test('who resumes asks for the revision that was begun with, and refuses other files', async () => {
  const from = archive({ '1.0': ONE });
  const world = await worldOf(from, {
    hook: (at) => {
      if (at === 'before:linkRelease' && !isResumed) throw new CutoverError('E_BUG', 'cut short');
    },
  });
  let isResumed = false;
  // What goes wrong behind the upload is never told to the servers: the journal stays open.
  const emit: typeof world.runtime.emit = (event) => {
    if (event.type === 'step.failed') throw new Error('cut short');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, REQUEST)).rejects.toThrow('cut short');
  isResumed = true;
  from.versions.set('2.0', TWO).set('1.0', TWO);
  const resuming = () => resume(world.runtime, world.config, { ...ENVIRONMENT, abort: false });
  await expect(resuming()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('is not what release'),
  });
  from.versions.set('1.0', ONE);
  expect(await resuming()).toMatchObject({ outcome: 'committed', revision: '1.0' });
  expect(await readFile(world.at('web1', 'current', 'index.html'), 'utf8')).toBe('one');
  expect(from.asked.map(({ ref }) => ref)).toEqual([null, '1.0', '1.0']);
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
