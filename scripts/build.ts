import { execFileSync } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { rolldown } from 'rolldown';

/** Bundles the program into dist/: one entry for each command, so that a command loads only what it needs. */
const commands = Object.fromEntries(
  globSync('src/commands/**/*.ts').map((file) => [`commands/${basename(file, '.ts')}`, file]),
);

rmSync('dist', { recursive: true, force: true });
const bundle = await rolldown({
  input: {
    main: 'src/main.ts',
    index: 'src/index.ts',
    registerHook: 'src/plugins/registerHook.ts',
    commandNotFound: 'src/ui/command/commandNotFound.ts',
    ...commands,
  },
  platform: 'node',
  // What has native parts, or is large and rarely needed, is found in node_modules when it is used.
  external: ['ssh2'],
  logLevel: 'warn',
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  sourcemap: true,
});
await bundle.close();
execFileSync('tsc', ['-p', 'tsconfig.types.json'], { stdio: 'inherit' });
execFileSync(process.execPath, ['scripts/schema.ts'], { stdio: 'inherit' });
execFileSync('oclif', ['manifest'], { stdio: ['ignore', 'ignore', 'inherit'] });
