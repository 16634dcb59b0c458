import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import { repairCache } from './cacheRepair.ts';
import { catchUp } from './catchUp.ts';
import { deploy, planFor } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { archive, ENVIRONMENT, ONE, REQUEST, TWO, worldOf } from './testing/archive.ts';
import { worldWithAway } from './testing/away.ts';
import { createWorld } from './testing/world.ts';

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
