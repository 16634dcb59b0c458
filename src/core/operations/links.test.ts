import { appendFile, lstat, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { listing } from '../testing/listing.ts';
import { check } from './check.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { DEPLOY, elsewhere, RESUME } from './testing/lives.ts';
import { command, createWorld, type World } from './testing/world.ts';

const SITE = { 'index.html': 'one', 'app.css': 'body {}', 'data/site.db': 'rows' };

/** A server that serves a release which shares all its files, and commands for the next deployment. */
async function serving(environment: {
  readonly postUpload?: readonly string[];
  readonly postLaunch?: readonly string[];
  readonly link?: 'copy';
  readonly unshare?: readonly string[];
}): Promise<World> {
  const world = await createWorld({
    servers: ['web1'],
    environment: {
      ...(environment.link ? { link: environment.link } : {}),
      unshare: environment.unshare ?? [],
      commands: {
        postUpload: (environment.postUpload ?? []).map((run) =>
          command(`[ "$CUTOVER_FIRST" = 1 ] || { ${run}; }`),
        ),
        postLaunch: (environment.postLaunch ?? []).map((run) =>
          command(`[ "$CUTOVER_FIRST" = 1 ] || { ${run}; }`),
        ),
      },
    },
  });
  await world.write({ ...SITE, version: '1' });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', problems: [] });
  await world.write({ ...SITE, version: '2' });
  return world;
}

const live = (world: World, name: string) => readFile(world.at('web1', 'current', name), 'utf8');

/** Content and modes of what one release, and the cache, hold. */
async function tree(world: World, ...where: string[]): Promise<readonly string[]> {
  return (await listing(world.at('web1', ...where))).filter((line) => !/version|^\. /.test(line));
}

test('what a post-upload command writes in place stays in its release, and is told with path and command', async () => {
  const world = await serving({ postUpload: ['echo x >>index.html', 'chmod 600 app.css'] });
  const old = (await world.seen('web1')).current!;
  const before = await tree(world, old);
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'committed' });
  expect(result.problems).toEqual([
    expect.stringMatching(/^web1: app\.css: one of the postUpload commands changed its mode/),
    expect.stringMatching(/^web1: index\.html: one of the postUpload commands wrote to it in place/),
  ]);
  expect(await tree(world, old)).toEqual(before);
  expect(await tree(world, 'deploy-cache')).toEqual(before);
  expect(await live(world, 'index.html')).toBe('onex\n');
  expect((await lstat(world.at('web1', 'current', 'app.css'))).mode & 0o777).toBe(0o600);

  await world.write({ ...SITE, version: '3' });
  const { environments } = world.config;
  Object.assign(environments.production!.commands, { postUpload: [] });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', problems: [] });
  expect(await live(world, 'index.html')).toBe('one');
});

test('the only command is named, and what it renames over a file is no problem', async () => {
  const world = await serving({ postUpload: ['sed -i s/one/two/ index.html; echo more >>data/site.db'] });
  const { problems } = await world.deploy();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('data/site.db: the postUpload command "[ "$CUTOVER_FIRST" = 1 ]');
  expect(problems[0]).toContain('echo more >>data/site.db; }"');
  expect(await live(world, 'index.html')).toBe('two');
});

test('a command that fails after it wrote in place leaves no trace', async () => {
  const world = await serving({ postUpload: ['echo x >>index.html', 'exit 3'] });
  const old = (await world.seen('web1')).current!;
  const before = await tree(world, old);
  const result = await world.deploy();
  expect(result.outcome).toBe('compensated');
  expect(result.problems).toEqual([expect.stringContaining('index.html: one of the postUpload commands')]);
  expect(await tree(world, old)).toEqual(before);
  expect(await tree(world, 'deploy-cache')).toEqual(before);
});

test('a post-launch command changes the new release alone', async () => {
  const world = await serving({ postLaunch: ['echo x >>index.html'] });
  const old = (await world.seen('web1')).current!;
  const before = await tree(world, old);
  const { problems } = await world.deploy();
  expect(problems).toEqual([expect.stringContaining('index.html: the postLaunch command')]);
  expect(await tree(world, old)).toEqual(before);
  expect(await tree(world, 'deploy-cache')).toEqual(before);
  expect(await live(world, 'index.html')).toBe('onex\n');
});

test.for([
  ['unshared paths', { unshare: ['*.db', '/index.html'] }],
  ['copies', { link: 'copy' }],
] as const)('%s may be written to', async ([, how]) => {
  const world = await serving({ ...how, postUpload: ['echo x >>index.html; echo more >>data/site.db'] });
  const old = (await world.seen('web1')).current!;
  const before = await tree(world, old);
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', problems: [] });
  expect(await tree(world, old)).toEqual(before);
  expect(await live(world, 'data/site.db')).toBe('rowsmore\n');
});

test('what the application wrote in place does not come along with the next release', async () => {
  const world = await serving({});
  const old = (await world.seen('web1')).current!;
  await appendFile(world.at('web1', old, 'data/site.db'), ' and more');
  const { servers } = await check(world.runtime, world.config, 'production', []);
  expect(servers[0]?.findings).toContainEqual({
    level: 'warning',
    message: 'files that releases share were written in place: data/site.db',
    fix: expect.stringContaining('"unshare"'),
    code: null,
  });
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'committed' });
  expect(result.problems).toEqual([
    expect.stringMatching(/^web1: data\/site\.db: the application, a command or a person wrote to it/),
  ]);
  expect(await live(world, 'data/site.db')).toBe('rows');
  expect(await readFile(world.at('web1', old, 'data/site.db'), 'utf8')).toBe('rows and more');
});

test('of many paths some are named and the rest are counted', async () => {
  const world = await createWorld({
    servers: ['web1'],
    environment: { commands: { postUpload: [command('chmod -R g+w .')], postLaunch: [] } },
  });
  await world.write(Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`file-${index}`, 'x'])));
  const { problems } = await world.deploy();
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toBe('web1: the same is true of 5 more files');
});

test('a run that died before its commands is resumed with them, and with what they wrote in place', async () => {
  const world = await serving({ postUpload: ['echo x >>index.html'] });
  const old = (await world.seen('web1')).current!;
  const before = await tree(world, old);
  let dead = false;
  const emit: World['runtime']['emit'] = (event) => {
    dead ||= event.type === 'step.done' && event.step === 'linkRelease';
    if (dead) throw new Error('dead');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, DEPLOY)).rejects.toThrow();
  const result = await resume(elsewhere(world), world.config, RESUME);
  expect(result?.outcome).toBe('committed');
  expect(result?.problems).toEqual([expect.stringContaining('index.html: the postUpload command')]);
  expect(await tree(world, old)).toEqual(before);
  expect(await tree(world, 'deploy-cache')).toEqual(before);
  expect(await live(world, 'index.html')).toBe('onex\n');
});
