import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { packPlugin } from './support/pluginPackage.ts';
import { scratch } from './support/scratch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const plugin = (
  revision: string,
) => `import { defineExtension, type Hook, type Plugin, quote, type Source } from 'cutover/plugin';

const hook = defineExtension<{ name: string }, Hook>({
  parse: (raw) => ({ name: String(raw) }),
  create: ({ name }) => ({ run: async (context) => context.log(quote(name + context.release)) }),
});
const source = defineExtension<null, Source>({
  parse: () => null,
  create: () => ({ fetch: async () => ({ revision: ${revision} }) }),
});
export const plugin: Plugin = {
  api: 1,
  name: 'typed',
  hooks: { typed: async () => hook },
  sources: { typed: async () => source },
};
`;

const tests = `import { type Transport } from 'cutover/plugin';
import { fakeHookContext, fakeScope, memoryServer, transportCases } from 'cutover/testing';
import { plugin } from './plugin.ts';

const hook = (await plugin.hooks!.typed!()).create({ name: 'x' }, fakeScope());
const lines: string[] = [];
await hook.run(fakeHookContext({ log: (line) => void lines.push(line) }));
const transport: Transport = { address: 'nowhere', connect: () => Promise.reject(new Error('no')) };
const sftp = await (await memoryServer().transport.connect(fakeScope())).sftp!();
await sftp.mkdir('/srv/shop', 0o755);
console.log((await sftp.stat('/srv/shop'))?.kind);
console.log(lines.join(), transportCases({ has: [], transport: () => transport }).length > 0);
`;

test('a plugin in TypeScript is checked and tested against the packed program', async () => {
  await using directory = await scratch();
  const { path } = directory;
  const tarball = await packPlugin(root, path);
  await mkdir(join(path, 'node_modules/cutover'), { recursive: true });
  await execa('tar', ['-xzf', tarball, '-C', join(path, 'node_modules/cutover'), '--strip-components=1']);
  // As an author has them, who installs both as devDependencies.
  await execa('ln', ['-s', join(root, 'node_modules/@types'), 'node_modules/@types'], { cwd: path });
  await writeFile(join(path, 'package.json'), '{ "type": "module" }');
  await writeFile(join(path, 'test.ts'), tests);
  const compile = () =>
    execa(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...OPTIONS, 'plugin.ts', 'test.ts'],
      { cwd: path, reject: false },
    );

  await writeFile(join(path, 'plugin.ts'), plugin('42'));
  expect((await compile()).stdout).toContain("Type 'number' is not assignable to type 'string'");
  await writeFile(join(path, 'plugin.ts'), plugin("'42'"));
  expect((await compile()).stdout).toBe('');
  const { stdout } = await execa(process.execPath, ['test.ts'], { cwd: path });
  expect(stdout).toMatch(/^directory\nx\d{14} true$/);
});

const OPTIONS = [
  '--noEmit',
  '--strict',
  '--module',
  'nodenext',
  '--target',
  'es2024',
  '--types',
  'node',
  '--allowImportingTsExtensions',
];
