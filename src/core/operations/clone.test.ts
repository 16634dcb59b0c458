import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../config/loadConfig.ts';
import { defineExtension } from '../contract/index.ts';
import { localTransport } from '../testing/localConnection.ts';
import { type CloneRequest, clone } from './clone.ts';
import { deploy } from './deploy.ts';
import { mark } from './marks.ts';
import { createWorld } from './testing/world.ts';

const ENV = 'production';

/** A deployed server, and a configuration that is a file. */
async function deployed(name = 'cutover.yaml') {
  const world = await createWorld({ servers: ['web1'] });
  const transport = async () => defineExtension({ parse: (raw) => raw, create: () => localTransport() });
  const runtime = {
    ...world.runtime,
    extensions: { ...world.runtime.extensions, transport } as typeof world.runtime.extensions,
  };
  const file = join(world.at('web1'), '..', name);
  const yaml = `# ours
application: shop
source: { directory: source }
environments:
  production:
    servers:
      web1: { transport: here, path: ${world.at('web1')} } # the first
`;
  const config = {
    application: 'shop',
    source: { directory: 'source' },
    environments: { production: { servers: { web1: { transport: 'here', path: world.at('web1') } } } },
  };
  await writeFile(file, name.endsWith('.yaml') ? yaml : `export default ${JSON.stringify(config)}`, {
    mode: 0o640,
  });
  const load = () => loadConfig(file, { extensions: runtime.extensions });
  const first = await deploy(runtime, await load(), {
    environment: ENV,
    ref: null,
    servers: [],
    full: false,
    unpin: false,
    saved: null,
  });
  const to = world.at('web9');
  const run = async (request: Partial<CloneRequest> = {}) =>
    clone(runtime, await load(), {
      environment: ENV,
      from: 'web1',
      to: 'web9',
      set: { path: to },
      dryRun: false,
      ...request,
    });
  const current = () => readlink(join(to, 'current')).catch(() => null);
  return { world, runtime, load, file, yaml, to, run, current, release: first.release };
}

test('the entry is written, and the new server gets the very release', async () => {
  const { file, yaml, to, run, current, release } = await deployed();
  const entry = `web9: { extends: web1, path: ${to} }`;
  expect(await run({ dryRun: true })).toMatchObject({
    release,
    entry: { text: entry, written: false },
    transaction: null,
  });
  expect([await readFile(file, 'utf8'), await current()]).toEqual([yaml, null]);

  expect(await run()).toMatchObject({
    entry: { file, text: entry, written: true },
    transaction: { outcome: 'committed', release, servers: [{ name: 'web9' }] },
  });
  expect(await readFile(file, 'utf8')).toBe(`${yaml}      ${entry}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await current()).toBe(`releases/${release}`);

  expect(await run({ set: {} })).toMatchObject({ entry: null, transaction: { outcome: 'unchanged' } });
  await expect(run()).rejects.toMatchObject({ code: 'E_USAGE' });
});

test('a configuration that is a program gets its entry by hand, and then the server is brought up', async () => {
  const { file, to, run, current } = await deployed('cutover.config.mjs');
  await expect(run()).rejects.toMatchObject({
    code: 'E_USAGE',
    hint: expect.stringContaining(`web9: { extends: web1, path: ${to} }`),
  });
  const text = await readFile(file, 'utf8');
  expect(text).not.toContain('web9');
  expect(await current()).toBeNull();
});

test('nothing is written where it could not go on', async () => {
  const { runtime, load, file, yaml, run } = await deployed();
  await expect(run({ set: {} })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringMatching(/^web9 cannot be added like that\. .*is the same place as "web1"/s),
  });
  await expect(run({ from: 'web7' })).rejects.toMatchObject({ code: 'E_USAGE' });
  await mark(runtime, await load(), {
    environment: ENV,
    name: 'frozen',
    servers: [],
    set: { reason: 'x', until: null },
  });
  await expect(run()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('is frozen on web1'),
  });
  expect(await readFile(file, 'utf8')).toBe(yaml);
  expect(await run({ override: 'it is new' })).toMatchObject({ transaction: { outcome: 'committed' } });
});

test('shared files are copied when that is asked for, and never over what is there', async () => {
  const { world, to, run } = await deployed();
  const here = (...names: string[]) => world.at('web1', 'shared', ...names);
  await mkdir(here('storage', 'a b'), { recursive: true });
  await writeFile(here('.env'), 'SECRET', { mode: 0o600 });
  await writeFile(here('storage', 'a b', 'photo'), Buffer.alloc(300_000, 7));
  await writeFile(here('storage', 'mine'), 'from web1');
  await symlink('mine', here('storage', 'link'));
  await mkdir(join(to, 'shared', 'storage'), { recursive: true });
  await writeFile(join(to, 'shared', 'storage', 'mine'), 'stays');
  const { shared } = await run({ shared: true });
  expect({ added: shared?.added.toSorted(), kept: shared?.kept }).toEqual({
    added: ['.env', 'storage/a b', 'storage/link'],
    kept: ['storage/mine'],
  });
  const there = (...names: string[]) => join(to, 'shared', ...names);
  expect(await readFile(there('.env'), 'utf8')).toBe('SECRET');
  expect((await stat(there('.env'))).mode & 0o777).toBe(0o600);
  expect((await readFile(there('storage', 'a b', 'photo'))).equals(Buffer.alloc(300_000, 7))).toBe(true);
  expect(await readFile(there('storage', 'mine'), 'utf8')).toBe('stays');
  expect(await readlink(there('storage', 'link'))).toBe('mine');
  expect(await readdir(join(to, '.cutover', 'tmp'))).not.toContainEqual(expect.stringMatching(/^shared/));
  expect(await readdir(world.runtime.stateDirectory)).not.toContainEqual(expect.stringMatching(/^clone/));
});
