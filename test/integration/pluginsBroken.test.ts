import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeOf } from './support/cutover.ts';
import { type PluginPackage, registering, writePlugin } from './support/pluginPackage.ts';
import { type PluginProject, pluginProject } from './support/pluginProject.ts';
import { listenTo } from './support/story.ts';

/** What can be wrong with a package, and what is told of it. */
const broken: Readonly<Record<string, readonly [Omit<PluginPackage, 'name'>, RegExp]>> = {
  throws: [{ register: 'throw new Error("no luck");' }, /could not be loaded: no luck/],
  'throws in its function': [
    { register: 'export default () => { throw new Error("no luck"); };' },
    /failed to register: no luck/,
  ],
  'throws in a timer': [
    {
      register:
        'setImmediate(() => { throw new Error("no luck"); }); await new Promise((done) => setTimeout(done, 1000));',
    },
    /could not be loaded: no luck/,
  ],
  'never is imported': [{ register: 'await new Promise(() => {});' }, /could not be loaded: it was not done/],
  'never comes back': [
    { register: 'export default () => new Promise(() => {});' },
    /failed to register: it was not done within 10 s/,
  ],
  'ends the process': [{ register: 'process.exit(0);' }, /could not be loaded: it ended the program/],
  'has a syntax error': [{ register: 'export default (' }, /could not be loaded: Unexpected/],
  'has no such file': [
    { register: '', manifest: { oclif: { hooks: { 'cutover:register': './gone.js' } } } },
    /could not be loaded: Cannot find module/,
  ],
  'exports no function': [
    { register: 'export default 42;' },
    /exports no function "default" from .*: export default \(\{ register \}\) => register/,
  ],
  'registers no plugin': [
    { register: 'export default ({ register }) => register("x");' },
    /registered something that is no plugin: x/,
  ],
  'is made for another contract': [
    { register: 'export default ({ register }) => register({ api: 2, name: "new" });' },
    /is made for version 2 of the contract; this cutover has version 1/,
  ],
  'is made for none': [
    { register: 'export default ({ register }) => register({ name: "new" });' },
    /registered a plugin without "api", the version of the contract: api: 1/,
  ],
  'registers nothing': [
    { register: 'export default () => {};' },
    /registered nothing: its function has to call register/,
  ],
  'has a key that is none': [
    { register: 'export default ({ register }) => register({ api: 1, name: "new", hook: {} });' },
    /registered a plugin with a key "hook"\. Did you mean "hooks"\?/,
  ],
  'repeats a name': [
    { register: registering({ name: 'mine', transports: ['ssh2'] }) },
    /Two plugins bring a transport called ssh2: cutover itself, and cutover-plugin-broken\./,
  ],
  'takes a word of the configuration': [
    { register: registering({ name: 'mine', notifiers: ['deadline'] }) },
    /calls a notifier "deadline", which is a key of the configuration itself/,
  ],
};

test.for(Object.entries(broken))(
  'one that %s is named, and everything else goes on',
  {
    concurrent: true,
  },
  async ([, [plugin, told]], { expect }) => {
    await using at = await projectWith({ name: 'cutover-plugin-broken', ...plugin });
    const refused = await at.run('plan', 'here');
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
    expect(refused.stderr).toMatch(told);
    expect(refused.stderr).toContain(
      `Mend it in ${at.plugin}, or: cutover plugins uninstall cutover-plugin-broken`,
    );
    expect(refused.stderr).not.toMatch(/\n\s+at |node:internal/);

    const listed = await at.run('plugins', '--json');
    expect(listed).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(listed.stdout)).toEqual([
      expect.objectContaining({ name: 'cutover-plugin-broken', problem: expect.stringMatching(told) }),
    ]);

    for (const args of [['--help'], ['deploy', '--help'], ['--version'], ['plugins', '--help']]) {
      expect(await at.run(...args), args.join(' ')).toMatchObject({ exitCode: 0, stderr: '' });
    }
    expect(await at.run('init', '--transport', 'local', '--path', '/srv/x', '--force')).toMatchObject({
      exitCode: 0,
    });
    expect(await at.run('plugins', 'uninstall', 'cutover-plugin-broken')).toMatchObject({ exitCode: 0 });
    await at.configure();
    expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0, stderr: '' });
  },
);

test('an extension that cannot be made use of is named, when a configuration wants it', async () => {
  const register = `export default ({ register }) => register({ api: 1, name: 'half', hooks: {
    throwing: async () => { throw new Error('no luck'); },
    lacking: async () => ({ parse: () => ({}) }),
    hanging: () => new Promise(() => {}),
    idle: async () => ({ parse: () => ({}), create: () => ({}) }),
    bursting: async () => ({ parse: () => ({}), create: ({ q }) => q.r.s }),
    unsure: async () => ({ parse: () => ({}), create: () => ({ interrupted: 'maybe', run() {} }) }) } });`;
  await using at = await projectWith({ name: 'cutover-plugin-half', register });
  expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0 });
  const told = {
    throwing: /hook throwing of the plugin cutover-plugin-half could not be loaded: no luck/,
    lacking: /hook lacking of the plugin cutover-plugin-half could not be loaded: it has no create/,
    idle: /hook idle of the plugin cutover-plugin-half cannot be used: .* without a function "run"/,
    bursting:
      /hook bursting of the plugin cutover-plugin-half cannot be used: its create failed: Cannot read/,
    unsure: /cannot be used: its create gives "interrupted" as "maybe"; expected again, skip or fail/,
    hanging:
      /hook hanging of the plugin cutover-plugin-half could not be loaded: it was not done within 10 s/,
  };
  for (const [name, message] of Object.entries(told)) {
    await at.configure({ environment: `hooks: { "after:activate": [{ ${name}: {} }] }` });
    const refused = await at.run('plan', 'here');
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).toContain('cutover plugins uninstall cutover-plugin-half');
  }
});

test('of two that bring the same the later one is to blame, and there are two ways out', async () => {
  await using at = await projectWith({
    name: 'cutover-plugin-pen',
    register: registering({ name: 'pen', hooks: ['stocktake'] }),
  });
  const register = registering({ name: 'x', hooks: ['stocktake'] });
  await at.run('plugins', 'link', await writePlugin(at.path, { name: 'cutover-plugin-copy', register }));
  const told =
    'Two plugins bring a hook called stocktake: cutover-plugin-pen, and cutover-plugin-copy, which came later.';
  const refused = await at.run('plan', 'here');
  expect(refused.stderr).toContain(told);
  expect(refused.stderr).toContain('cutover plugins uninstall cutover-plugin-copy\n');
  expect(refused.stderr).toContain('Or without the other one: ');
  expect(refused.stderr).toContain('cutover plugins uninstall cutover-plugin-pen\n');
  const listed = JSON.parse((await at.run('plugins', '--json')).stdout) as readonly object[];
  expect(listed).toMatchObject([
    { name: 'cutover-plugin-copy', problem: told },
    { name: 'cutover-plugin-pen', problem: null },
  ]);
});

test.for([
  ['is gone', 'remove'],
  ['has a package.json that is none', 'spoil'],
] as const)('a package whose directory %s is named too', async ([, how]) => {
  await using at = await projectWith({ name: 'cutover-plugin-lost', register: '' });
  if (how === 'remove') await rm(at.plugin, { recursive: true });
  else await writeFile(join(at.plugin, 'package.json'), '{ "name": ');
  expect(await at.run('--help')).toMatchObject({ exitCode: 0, stderr: '' });
  const refused = await at.run('plan', 'here');
  expect(refused).toMatchObject({ exitCode: 3 });
  expect(refused.stderr).toContain('The plugin cutover-plugin-lost cannot be read');
  expect(await at.run('plugins', 'uninstall', 'cutover-plugin-lost')).toMatchObject({ exitCode: 0 });
  expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0, stderr: '' });
});

test('what a plugin leaves behind to fail on its own ends nothing', async () => {
  const register = `export default ({ register }) => {
    register({ api: 1, name: 'late' });
    setImmediate(() => register({ api: 1, name: 'later' }));
    Promise.reject(new Error('much too late'));
    Promise.reject('nowhere');
  };`;
  await using at = await projectWith({ name: 'cutover-plugin-late', register });
  const { exitCode, stderr } = await at.run('plan', 'here');
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`in the plugin cutover-plugin-late: much too late (${at.plugin}/register.js:4:`);
  expect(stderr).toContain('probably in a plugin: nowhere');
  expect(stderr).toContain('cutover-plugin-late registered something after its function had come back');
  const listed = await at.run('plugins');
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(listed.stdout).toContain('Something failed in it where nobody waited for it: much too late');
});

test('what failed in a plugin where nobody waited for it is a problem of the result, and its stack is in the log', async () => {
  const register = `export default ({ register }) => register({ api: 1, name: 'stray', hooks: {
    leave: async () => ({ parse: () => ({}), create: () => ({ async run() { Promise.reject(new Error('nobody waits')); } }) }) } });`;
  await using at = await projectWith({ name: 'cutover-plugin-stray', register });
  await at.configure({ environment: 'hooks: { "after:activate": [{ leave: {} }] }' });
  const { exitCode, stdout } = await at.run('deploy', 'here', '--json');
  expect(exitCode).toBe(0);
  const { release, problems } = JSON.parse(stdout) as { release: string; problems: readonly string[] };
  expect(problems).toEqual([
    expect.stringMatching(/in the plugin cutover-plugin-stray: nobody waits \(.*register\.js:2:\d+\)$/),
  ]);
  const log = join(homeOf(at.path), 'state/logs/shop-here', release, 'web1.log');
  expect(await readFile(log, 'utf8')).toMatch(/Thrown: Error: nobody waits\n.* {2}at .*register\.js:2:/);
});

test('a second signal while a plugin is loaded stops at once, and blames nobody', async () => {
  const register = 'process.stderr.write("loading\\n"); await new Promise(() => {});';
  await using at = await projectWith({ name: 'cutover-plugin-hangs', register });
  const running = at.start('plan', 'here');
  const story = listenTo(running);
  await story.says('loading');
  running.kill('SIGINT');
  await story.says('Asked to stop');
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).not.toContain('cutover-plugin-hangs');
  expect(stderr).toContain(
    'Asked to stop. Once more stops at once.\nStopped at once. "cutover status" tells',
  );
});

test('a signal in a transaction says that what was begun is taken back', async () => {
  await using at = await projectWith({
    name: 'cutover-plugin-idle',
    register: `export default ({ register }) => register({ api: 1, name: 'idle' });`,
  });
  await at.configure({ environment: 'hooks: { "before:activate": [{ wait: { for: 60s } }] }' });
  const running = at.start('deploy', 'here');
  await listenTo(running).says('hook wait (before:activate)');
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).toContain(
    'Asked to stop: finishing or taking back what was begun. Once more stops at once.',
  );
});

test('commands and oclif hooks of a plugin do not run before they are asked for', async () => {
  await using at = await projectWith({
    name: 'cutover-plugin-commands',
    register: registering({ name: 'commands' }),
    files: {
      'commands/good.js': 'export default class Good { static async run() { console.log("hello"); } }',
      'commands/bad/throws.js': 'throw new Error("no luck");',
      'commands/bad/fails.js':
        'export default class Fails { static async run() { throw new Error("no luck"); } }',
      'commands/bad/hangs.js': 'await new Promise(() => {});',
      'init.js': 'process.exit(7);',
    },
    manifest: {
      oclif: { commands: './commands', hooks: { init: './init.js', 'cutover:register': './register.js' } },
    },
  });
  expect(await at.run('good')).toMatchObject({ exitCode: 0, stdout: 'hello', stderr: '' });
  expect((await at.run('--help')).stdout).toContain('good');
  for (const name of ['throws', 'fails', 'hangs']) {
    const refused = await at.run('bad', name);
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain(`"bad ${name}"`);
    expect(refused.stderr).toContain('cutover plugins uninstall cutover-plugin-commands');
    expect(refused.stderr).not.toMatch(/\n\s+at /);
  }
  expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a command of a plugin without a manifest takes arguments wherever they stand', async () => {
  const showing = (word: string) =>
    `export default class Show { static async run(argv) { console.log("${word}", JSON.stringify(argv)); } }`;
  await using at = await projectWith({
    name: 'cutover-plugin-commands',
    register: registering({ name: 'commands' }),
    files: { 'commands/berth/show.js': showing('show'), 'commands/berth/show/all.js': showing('all') },
    manifest: { oclif: { commands: './commands' } },
  });
  const told = async (...args: readonly string[]) => (await at.run('berth', 'show', ...args)).stdout;
  expect(await told('../lb', 'x')).toBe('show ["../lb","x"]');
  expect(await told('x', '--all')).toBe('show ["x","--all"]');
  expect(await told('--all', 'x')).toBe('show ["--all","x"]');
  expect(await told('all', 'x')).toBe('all ["x"]');
  expect(await at.run('berth', 'show', '--help')).toMatchObject({ exitCode: 0 });
});

test('what a plugin throws where nothing keeps a log is told with the place in its files', async () => {
  const register = `export default ({ register }) => register({ api: 1, name: 'torn', hooks: {
    garbled: async () => (await import('./garbled.js')).default,
    misread: async () => ({ parse: (raw) => raw.a.b, create() {} }),
    bursting: async () => ({ parse: () => ({}), create: ({ q }) => q.r.s }),
    unsure: async () => ({ parse: () => ({}), create: () => ({ run() {}, refuse: () => null.x }) }) },
  sources: { archive: async () => ({ parse: () => ({}), create: () => ({
    async fetch() { return null.x; } }) }),
    nameless: async () => ({ parse: () => ({}), create: () => ({ async fetch() { return { revision: 12 }; } }) }) } });`;
  await using at = await projectWith({
    name: 'cutover-plugin-torn',
    register,
    files: {
      'garbled.js': 'export default {\n  a: 1 b',
      'commands/tear.js':
        'export default class Tear {\n  static async run() { throw new Error("no luck"); }\n}',
    },
    manifest: { oclif: { commands: './commands', hooks: { 'cutover:register': './register.js' } } },
  });
  const refusal = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await at.run(...args);
    return { exitCode, stderr };
  };
  const place = (rest: string) => expect.stringMatching(`${at.plugin}/${rest}`);
  for (const [hook, exitCode, where] of [
    ['garbled', 3, String.raw`garbled\.js:2\)`],
    ['misread', 3, String.raw`register\.js:3:\d+\.`],
    ['bursting', 3, String.raw`register\.js:4:\d+\)`],
    ['unsure', 4, String.raw`register\.js:5:\d+, in the plugin cutover-plugin-torn\.`],
  ] as const) {
    await at.configure({ environment: `hooks: { "after:activate": [{ ${hook}: {} }] }` });
    expect(await refusal('plan', 'here'), hook).toEqual({ exitCode, stderr: place(where) });
  }
  const checked = await at.run('check', 'here');
  expect(checked.stdout).toMatch(/✗ web1: the hook unsure, asked whether .*\n.* It was thrown at /);
  const configureSource = (name: string) =>
    writeFile(
      join(at.path, 'cutover.yaml'),
      `application: shop\nsource: { ${name}: {} }\nenvironments: { here: { servers: { web1: { transport: local, path: ${at.path}/server } } } }\n`,
    );
  await configureSource('archive');
  expect(await refusal('plan', 'here')).toEqual({
    exitCode: 4,
    stderr: place(String.raw`register\.js:7:\d+, in the plugin cutover-plugin-torn\.`),
  });
  await configureSource('nameless');
  const nameless = await refusal('plan', 'here');
  expect(nameless.stderr).toContain('The source nameless gave 12 as its revision');
  expect(nameless.stderr).toContain('This is a fault of the plugin cutover-plugin-torn.');
  expect(await refusal('tear')).toEqual({
    exitCode: 3,
    stderr: place(String.raw`commands/tear\.js:2:\d+\)`),
  });
});

/** With one plugin linked. */
async function projectWith(plugin: PluginPackage): Promise<PluginProject & { readonly plugin: string }> {
  const project = await pluginProject();
  const root = await writePlugin(project.path, plugin);
  expect(await project.run('plugins', 'link', root)).toMatchObject({ exitCode: 0 });
  return { ...project, plugin: root };
}
