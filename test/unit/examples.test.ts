import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/core/config/loadConfig.ts';
import { starterConfig } from '../../src/core/config/starter.ts';
import { STARTER_PRESETS, type StarterPreset } from '../../src/core/config/starterPresets.ts';
import { createRegistry } from '../../src/core/registry/registry.ts';
import { builtIn } from '../../src/plugins/register.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = join(root, 'examples');
const configurations = (await readdir(examples, { recursive: true }))
  .filter((path) => /(^|\/)cutover\.(yaml|config\.ts)$/.test(path))
  .sort();

test('there is an example for each way to begin', () => {
  expect(configurations).toEqual([
    'cutover.config.ts',
    'node-pm2/cutover.yaml',
    'node-runit/cutover.yaml',
    'node-systemd/cutover.yaml',
    'php-laravel/cutover.yaml',
    'php-nginx/cutover.yaml',
    'python-gunicorn/cutover.yaml',
    'static-nginx/cutover.yaml',
    'static-site/cutover.yaml',
  ]);
});

test.each(configurations)('nothing is wrong with %s', async (path) => {
  const file = path.endsWith('.ts') ? await besideThePackage(join(examples, path)) : join(examples, path);
  const config = await loadConfig(file, { extensions: createRegistry(builtIn) });
  expect(Object.keys(config.environments)).not.toHaveLength(0);
});

test.each(configurations.filter((path) => path.endsWith('.yaml')))('%s names its schema', async (path) => {
  const [firstLine] = (await readFile(join(examples, path), 'utf8')).split('\n');
  expect(firstLine).toBe('# yaml-language-server: $schema=../../dist/cutover.schema.json');
});

test.each(Object.keys(STARTER_PRESETS) as StarterPreset[])(
  'the hooks that init suggests for %s are right',
  async (preset) => {
    const answers = {
      application: 'a',
      source: 'git',
      environment: 'e',
      transport: 'local',
      path: '/srv/a',
    } as const;
    const suggested = starterConfig({ ...answers, preset }).replaceAll(/^( {4})# (?=hooks:| )/gm, '$1');
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'cutover-starter-')));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'cutover.yaml'), suggested);
    const { environments } = await loadConfig(join(folder, 'cutover.yaml'), {
      extensions: createRegistry(builtIn),
    });
    expect(environments.e?.hooks.length).toBeGreaterThan(0);
  },
);

/** The file in a folder where `cutover` is installed: the sources, which need no build. */
async function besideThePackage(file: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cutover-example-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const installed = join(folder, 'node_modules', 'cutover');
  await mkdir(installed, { recursive: true });
  await writeFile(join(installed, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  const source = pathToFileURL(join(root, 'src', 'index.ts')).href;
  await writeFile(join(installed, 'index.js'), `export * from ${JSON.stringify(source)};\n`);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await copyFile(file, join(folder, 'cutover.config.ts'));
  return join(folder, 'cutover.config.ts');
}
