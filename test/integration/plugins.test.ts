import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type PluginPackage, packPlugin, registering, writePlugin } from './support/pluginPackage.ts';
import { pluginProject } from './support/pluginProject.ts';

/** A hook and a notifier that write down what they saw, with all that they need from the program itself. */
const witness = `import { CutoverError, defineExtension, quote } from 'cutover/plugin';
import { appendFileSync } from 'node:fs';
const tell = (file, line) => appendFileSync(file, line + '\\n');
const parse = (raw) => {
  if (typeof raw.file === 'string') return raw;
  throw Object.assign(new Error('options'), { issues: [{ path: ['file'], message: 'expected a path' }] });
};
export default ({ register }) => register({
  api: 1,
  name: 'witness',
  hooks: { witness: async () => defineExtension({ parse, create: ({ file, fails }) => ({
    run: async (context) => {
      tell(file, [context.point, context.server, quote("it's")].join(' '));
      if (fails) throw new CutoverError('E_HOOK', 'the witness objects');
      if (file.endsWith('.exit')) process.exit(0);
      if (file.endsWith('.refused')) process.exit(4);
      if (file.endsWith('.timer')) {
        setImmediate(() => { throw new TypeError('too late to catch'); });
        await new Promise(() => {});
      }
    } }) }) },
  notifiers: { witness: async () => defineExtension({ parse, create: ({ file }) => ({
    notify: async ({ event }) => tell(file, event) }) }) },
});\n`;

test('what is linked while something is installed is not lost when that fails', async () => {
  await using at = await pluginProject();
  const [began, linked] = [join(at.path, 'began'), join(at.path, 'linked')];
  // Goes on when the link is there, or after two seconds, because that waits for it.
  const postinstall = `touch ${began}; for each in 1 2 3 4 5 6 7 8 9 10; do [ -e ${linked} ] || sleep 0.2; done; exit 1`;
  const register = registering({ name: 'slow' });
  const slow = await writePlugin(at.path, {
    name: 'cutover-plugin-slow',
    register,
    manifest: { scripts: { postinstall } },
  });
  const root = await writePlugin(at.path, { name: 'cutover-plugin-pen', register });
  const installing = at.run('plugins', 'install', await packPlugin(slow));
  await vi.waitUntil(() => existsSync(began), { timeout: 20_000 });
  const link = await at.run('plugins', 'link', root);
  await writeFile(linked, '');
  expect([(await installing).exitCode, link.exitCode]).toEqual([3, 0]);
  expect((await at.run('plugins')).stdout).toContain('cutover-plugin-pen');
});

test('a packed plugin is installed without a registry, listed, used, and gone again', async () => {
  await using at = await pluginProject();
  const before = await at.run('plugins');
  expect(before).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('No plugins are installed.') });

  const root = await writePlugin(at.path, {
    name: '@me/cutover-plugin-witness',
    version: '1.2.0',
    register: witness,
  });
  const tarball = relative(at.path, await packPlugin(root));
  const installed = await at.run('plugins', 'install', `./${tarball}`);
  expect(installed).toMatchObject({ exitCode: 0, stderr: `Installing ./${tarball} …` });
  expect(installed.stdout).toMatch(
    /^(?:.*\n)*✓ Installed @me\/cutover-plugin-witness 1\.2\.0\.\n {2}Next: cutover plugins$/,
  );
  expect((await at.run('plugins')).stdout).toBe(
    '@me/cutover-plugin-witness 1.2.0\n  notifiers: witness\n  hooks: witness',
  );

  const saw = join(at.path, 'saw');
  const options = `{ witness: { file: ${saw} } }`;
  await at.configure({ environment: `hooks: { "after:activate": [${options}] }\n    notify: [${options}]` });
  expect(await at.run('deploy', 'here')).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(at.path, 'server/current/index.html'), 'utf8')).toBe('hello');
  expect(await readFile(saw, 'utf8')).toContain(`after:activate web1 'it'\\''s'\n`);
  expect(await readFile(saw, 'utf8')).toContain('committed\n');

  await writeFile(join(at.path, 'site/index.html'), 'second');
  await at.configure({
    environment: `hooks: { "after:activate": [{ witness: { file: ${saw}, fails: true } }] }`,
  });
  const failed = await at.run('deploy', 'here');
  expect(failed).toMatchObject({ exitCode: 12 });
  expect(failed.stdout + failed.stderr).toContain('the witness objects');

  await at.configure({ environment: 'hooks: { "after:activate": [{ witness: {} }] }' });
  const wrong = await at.run('plan', 'here');
  expect(wrong).toMatchObject({ exitCode: 2 });
  expect(wrong.stderr).toContain('witness.file: missing; expected a path');

  expect(await at.run('plugins', 'uninstall', '@me/cutover-plugin-witness')).toEqual({
    exitCode: 0,
    stdout: '✓ Uninstalled @me/cutover-plugin-witness.',
    stderr: '',
  });
  expect(await at.run('plugins')).toEqual(before);
  const missing = await at.run('plan', 'here');
  expect(missing).toMatchObject({ exitCode: 3 });
  expect(missing.stderr).toContain('No installed plugin brings a hook called "witness"');
  expect(missing.stderr).toContain('cutover plugins install PACKAGE');
});

test('a plugin that ends the process in a deployment does not make it look done', async () => {
  await using at = await pluginProject();
  await at.run(
    'plugins',
    'link',
    await writePlugin(at.path, { name: 'cutover-plugin-witness', register: witness }),
  );
  const ended = 'probably a plugin, ended it';
  for (const [file, why] of [
    ['saw.exit', ended],
    ['saw.refused', ended],
    ['saw.timer', 'by a plugin or by cutover, and ended it.'],
  ]) {
    const hook = `{ witness: { file: ${at.path}/${file} } }`;
    await at.configure({ environment: `hooks: { "after:activate": [${hook}] }` });
    const told = await at.run('deploy', 'here');
    expect(told).toMatchObject({ exitCode: 1, stdout: '' });
    expect(told.stderr).toContain(why);
    expect(told.stderr).toContain('The transaction is open. cutover resume here goes on with it');
    const again = await at.run('resume', 'here', '--json');
    expect(again).toMatchObject({ exitCode: 1 });
    expect(JSON.parse(again.stdout)).toEqual({
      error: {
        code: 'E_BUG',
        message: expect.stringContaining(why!),
        hint: expect.stringContaining('cutover resume here --abort takes it back'),
      },
    });
    await at.configure();
    const back = await at.run('resume', 'here', '--abort');
    expect(back).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('✓ Taken back') });
    expect(back.stderr).toMatch(/^Taking back \d{14} on web1$/m);
    expect(back.stderr).not.toMatch(/Asked to stop|stopped after/);
  }
});

test('what is thrown aside where no transaction is open says what to type, and has a stack', async () => {
  await using at = await pluginProject();
  const register = `export default ({ register }) => register({ api: 1, name: 'aside', hooks: {
    aside: async () => ({ parse: () => ({}), create: () => ({
      run: async () => {},
      refuse() {
        setImmediate(() => { throw new TypeError('too late to catch'); });
        return new Promise(() => {});
      } }) }) } });`;
  await at.run('plugins', 'link', await writePlugin(at.path, { name: 'cutover-plugin-aside', register }));
  await at.configure({ environment: 'hooks: { "after:activate": [{ aside: {} }] }' });
  const told = await at.run('plan', 'here');
  expect(told).toMatchObject({ exitCode: 1, stdout: '' });
  expect(told.stderr).toMatch(/TypeError: too late to catch\n +at .*register\.js/);
  expect(told.stderr).toContain('Next: cutover status tells what the servers serve');
});

test('what a plugin prints with console, or writes to stdout, is part of the story, and no result', async () => {
  await using at = await pluginProject();
  const register = `console.log('loading', { a: 1 });
  await new Promise((done) => process.stdout.write('written\\n', done));
  export default ({ register }) => register({ api: 1, name: 'loud', hooks: { loud: async () => ({
    parse: () => ({}),
    create: () => ({ run: async () => { console.log('a\\nb'); console.table([{ x: 'inside' }]); } }) }) } });`;
  const files = {
    'commands/shout.js':
      'export default class Shout { static async run() { console.log("out"); process.stdout.write("and on\\n"); } }',
  };
  const oclif = { commands: './commands', hooks: { 'cutover:register': './register.js' } };
  const plugin = { name: 'cutover-plugin-loud', register, files, manifest: { oclif } };
  await at.run('plugins', 'link', await writePlugin(at.path, plugin));
  await at.configure({ environment: 'hooks: { "after:activate": [{ loud: {} }] }' });

  const deployed = await at.run('deploy', 'here', '--json');
  expect(JSON.parse(deployed.stdout)).toMatchObject({ outcome: 'committed' });
  expect(deployed.stderr).toContain('loading { a: 1 }');
  expect(deployed.stderr).toContain('written');
  expect(deployed.stderr).toContain('inside');
  await writeFile(join(at.path, 'site/index.html'), 'second');
  const { stderr } = await at.run('deploy', 'here', '--events');
  expect(stderr.split('\n').map((line) => JSON.parse(line))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'log', message: 'a' }),
      expect.objectContaining({ type: 'log', message: 'b' }),
    ]),
  );
  const listed = await at.run('plugins', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'cutover-plugin-loud', problem: null }]);
  expect(listed.stderr).toBe('loading { a: 1 }\nwritten');
  expect(await at.run('shout')).toMatchObject({ exitCode: 0, stdout: 'out\nand on' });
});

test('only what the configuration lists is imported', async () => {
  await using at = await pluginProject();
  const poison = 'import { writeFileSync } from "node:fs"; writeFileSync("imported", "");';
  const link = async (name: string, register: string) =>
    at.run('plugins', 'link', await writePlugin(at.path, { name, version: '1.0.0', register }));
  await link('cutover-plugin-listed', registering({ name: 'listed', hooks: ['listed'] }));
  await link('cutover-plugin-other', `${poison}\n${registering({ name: 'other', hooks: ['other'] })}`);
  const hook = (name: string) => `hooks: { "after:activate": [{ ${name}: {} }] }`;

  await at.configure({ file: 'plugins: [cutover-plugin-listed@1.0.0]', environment: hook('listed') });
  expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0, stderr: '' });
  await at.configure({ file: 'plugins: [cutover-plugin-listed]', environment: hook('other') });
  const unlisted = await at.run('plan', 'here');
  expect(unlisted).toMatchObject({ exitCode: 3 });
  expect(unlisted.stderr).toContain(
    'brings a hook called "other". Installed, but not listed: cutover-plugin-other',
  );
  await at.configure({ file: 'plugins: []' });
  expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0 });
  await expect(readFile(join(at.path, 'imported'))).rejects.toThrow('ENOENT');
  await at.configure();
  expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(at.path, 'imported'), 'utf8')).toBe('');
});

test('what is listed and not there is named with the command that installs it, and never installed', async () => {
  await using at = await pluginProject();
  const register = registering({ name: 'old' });
  await at.run('plugins', 'link', await writePlugin(at.path, { name: 'cutover-plugin-old', register }));
  await at.configure({ file: 'plugins: [cutover-plugin-old@2.0.0, "@me/cutover-plugin-gone"]' });
  const refused = await at.run('plan', 'here');
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(refused.stderr).toContain('cutover-plugin-old in version 2.0.0, but 1.0.0 is installed');
  expect(refused.stderr).toContain('@me/cutover-plugin-gone, which is not installed');
  expect(refused.stderr).toContain('cutover plugins install @me/cutover-plugin-gone\n');
  expect(refused.stderr).toContain('cutover-plugin-old is linked');
  await at.configure({ file: 'plugins: ["not a package"]' });
  expect((await at.run('plan', 'here')).exitCode).toBe(2);
});

test('a tarball that npm takes and that is no good as a plugin is refused', async () => {
  await using at = await pluginProject();
  const tarball = async (name: string, more: Partial<PluginPackage>) =>
    packPlugin(await writePlugin(at.path, { name, register: registering({ name }), ...more }));
  const plain = await tarball('plain', { manifest: { oclif: undefined } });
  const hanging = await tarball('hanging', {
    files: { 'commands/never.js': 'await new Promise(() => {});' },
    manifest: { oclif: { commands: './commands', hooks: { 'cutover:register': './register.js' } } },
  });
  const told = { [plain]: 'it is no plugin', [hanging]: 'never done with being imported' };
  for (const [path, message] of Object.entries(told)) {
    const refused = await at.run('plugins', 'install', path);
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain(message);
  }
  expect((await at.run('plugins')).stdout).toContain('No plugins are installed.');
});

test('an install that fails leaves what was installed as it was', async () => {
  await using at = await pluginProject();
  const pack = async (version: string, manifest: object) => {
    const register = registering({ name: 'pen', hooks: ['pen'] });
    return packPlugin(
      await writePlugin(at.path, { name: 'cutover-plugin-pen', version, register, manifest }),
      at.path,
    );
  };
  await at.run('plugins', 'install', await pack('1.0.0', {}));
  const listed = await at.run('plugins');
  expect(listed.stdout).toContain('cutover-plugin-pen 1.0.0');
  const none = await pack('2.0.0', { oclif: undefined });
  for (const what of ['cutover-plugin-pen@9.9.9', none]) {
    const failed = await at.run('plugins', 'install', what);
    expect(failed).toMatchObject({ exitCode: 3 });
    expect(failed.stderr).toContain('Nothing was changed.');
    expect(await at.run('plugins')).toEqual(listed);
  }
  expect((await readdir(join(at.path, 'data'))).sort()).toEqual([
    '.changing',
    'node_modules',
    'package-lock.json',
    'package.json',
  ]);
});

test('what cannot be installed or removed is told in words, with what to type instead', async () => {
  await using at = await pluginProject();
  const root = await writePlugin(at.path, { name: 'cutover-plugin-x', register: registering({ name: 'x' }) });
  const tries: readonly (readonly [readonly string[], number, string])[] = [
    [['install', root], 2, `cutover plugins link ${root}`],
    [['install', './gone.tgz'], 2, `There is no file ${at.path}/gone.tgz`],
    [['link', './site'], 2, 'holds no plugin'],
    [['uninstall', 'cutover-plugin-x'], 2, 'No plugin called cutover-plugin-x is installed'],
    [['inspect', 'cutover-plugin-x'], 3, 'plugins inspect: cutover-plugin-x not installed'],
  ];
  for (const [args, exitCode, told] of tries) {
    const { stderr, ...result } = await at.run('plugins', ...args);
    expect({ args, ...result }).toMatchObject({ args, exitCode });
    expect(stderr).toContain(told);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
  await at.run('plugins', 'link', root);
  expect((await at.run('plugins', 'uninstall', 'cutover-plugin-y')).stderr).toContain(
    'cutover plugins uninstall cutover-plugin-x',
  );
});

test.for(['cutover', '@oclif/plugin-plugins'])(
  'a package called %s does not take the place of ours',
  async (name) => {
    await using at = await pluginProject();
    const root = await writePlugin(at.path, { name, register: registering({ name }) });
    const refused = await at.run('plugins', 'link', root);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain(`holds ${name}, which is a part of this program`);
    const again = await at.run('plugins', 'install', `${name}@1.0.0`);
    expect(again).toMatchObject({ exitCode: 2, stdout: '' });
    expect(again.stderr).toContain(`${name} is a part of this program already`);
    await mkdir(join(at.path, 'data'), { recursive: true });
    const plugins = [{ name, root, type: 'link' }];
    await writeFile(join(at.path, 'data/package.json'), JSON.stringify({ oclif: { plugins } }));
    expect(await at.run('plan', 'here')).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await at.run('plugins')).stdout).toContain('No plugins are installed.');
    expect(await at.run('plugins', 'inspect', '--help')).toMatchObject({ exitCode: 0 });
  },
);

test('no command of a plugin is taken for one of ours with its arguments', async () => {
  await using at = await pluginProject();
  const command = 'export default class Mine { static async run() { console.log("mine"); } }';
  const paths = ['plan', 'plan/here', 'notify/here', 'plugins/mine', 'help/plan', 'mine/plan'];
  const root = await writePlugin(at.path, {
    name: 'cutover-plugin-bold',
    register: registering({ name: 'bold' }),
    files: {
      ...Object.fromEntries(paths.map((path) => [`commands/${path}.js`, command])),
      'more/x.js': command,
    },
    manifest: { oclif: { commands: './commands' } },
  });
  const told =
    '! refused: "help plan", "plan", "plan here", "plugins mine": a command of cutover is called so';
  expect((await at.run('plugins', 'link', root)).stdout).toContain(told);
  expect((await at.run('plugins')).stdout).toContain(told);
  const ours = await at.run('plan', 'here', '--json');
  expect(JSON.parse(ours.stdout)).toMatchObject({ environment: 'here' });
  expect(await at.run('plugins', 'mine')).toMatchObject({ exitCode: 2 });
  for (const args of [
    ['notify', 'here'],
    ['mine', 'plan'],
  ])
    expect(await at.run(...args)).toMatchObject({ exitCode: 0, stdout: 'mine' });
  const [listed] = JSON.parse((await at.run('plugins', '--json')).stdout);
  expect(listed.commands).toEqual(['mine plan', 'notify here']);
  expect(listed.refusedCommands).toEqual(['help plan', 'plan', 'plan here', 'plugins mine']);

  const quiet = { relativePath: ['more', 'x.js'], aliases: ['plan:here'], hiddenAliases: ['quiet:plan'] };
  const manifest = { commands: { quiet } };
  await writeFile(join(root, 'oclif.manifest.json'), JSON.stringify(manifest));
  expect(JSON.parse((await at.run('plan', 'here', '--json')).stdout)).toMatchObject({ environment: 'here' });
  expect(await at.run('quiet', 'plan')).toMatchObject({ exitCode: 0, stdout: 'mine' });
});
