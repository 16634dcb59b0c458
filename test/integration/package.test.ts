import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { cutover } from './support/cutover.ts';
import { scratch } from './support/scratch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the package holds what it needs, and nothing that only we need', async () => {
  const { stdout } = await execa('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'bin/cutover.js',
      'dist/main.js',
      'dist/commands/deploy.js',
      'dist/types/index.d.ts',
      'dist/cutover.schema.json',
      'oclif.manifest.json',
      'templates/plugin/hook.js',
    ]),
  );
  expect(paths.filter((path) => /^(src|test|docker|bench|scripts)\//.test(path))).toEqual([]);
});

test('a typed configuration is checked by the types of the package, and runs', async () => {
  await using directory = await scratch();
  const config = (key: string) =>
    `import { defineConfig } from 'cutover';\nexport default defineConfig({ ${key}: 'shop', source: { directory: 'site' }, environments: { here: { servers: { web1: { transport: 'local', path: '${directory.path}/server' } } } } });\n`;
  await writeFile(join(directory.path, 'package.json'), '{ "type": "module" }');
  await execa('mkdir', ['-p', 'node_modules', 'site'], { cwd: directory.path });
  await execa('ln', ['-s', root, 'node_modules/cutover'], { cwd: directory.path });
  await writeFile(join(directory.path, 'site/index.html'), 'typed');
  const file = join(directory.path, 'cutover.config.ts');
  const compile = () =>
    execa(
      join(root, 'node_modules/.bin/tsc'),
      ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', 'cutover.config.ts'],
      { cwd: directory.path, reject: false },
    );

  await writeFile(file, config('applicatoin'));
  const wrong = await compile();
  expect(wrong.exitCode).not.toBe(0);
  expect(wrong.stdout).toContain("'applicatoin' does not exist");
  const refused = await cutover(['plan', 'here'], { cwd: directory.path });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('did you mean "application"?');

  await writeFile(file, config('application'));
  expect((await compile()).stdout).toBe('');
  const deployed = await cutover(['deploy', 'here'], { cwd: directory.path });
  expect(deployed.exitCode).toBe(0);
  expect(deployed.stdout).toContain('web1 now serves');
});
