import { execFileSync } from 'node:child_process';
import { globSync, renameSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';

/**
 * Bundles the program into dist/: one entry for each command, so that a command loads only what it needs. It is built
 * beside the old one, which goes only when the new one is whole.
 */
const building = `dist.${process.pid}`;
const commands = Object.fromEntries(
  globSync('src/commands/**/*.ts').map((file) => [file.slice('src/'.length, -'.ts'.length), file]),
);

/** What is loaded together stands together: each file that has to be found and read costs half a millisecond. */
const LOADED_TOGETHER = [
  // All that a plugin gets of the program.
  { name: 'contract', test: /src\/core\/contract\//, priority: 4 },
  // With what flags are read by, which would take the whole configuration along.
  {
    name: 'start',
    test: /src\/(?:ui\/command\/(?:installed\/oclifOptions|standardOutput|unfinished)|core\/config\/duration)\.ts$/,
    priority: 3,
  },
  { name: 'session', test: /src\/ui\/command\/session\.ts$/, priority: 2 },
  {
    name: 'configuration',
    test: /src\/core\/config\/(?:assemble|check(?:Extensions|Shape|Together)|loadConfig|templates)\.ts$/,
    priority: 1,
  },
];

const bundle = await rolldown({
  input: {
    main: 'src/main.ts',
    index: 'src/index.ts',
    plugin: 'src/plugin.ts',
    testing: 'src/testing.ts',
    registerHook: 'src/plugins/registerHook.ts',
    commandNotFound: 'src/ui/command/commandNotFound.ts',
    ...commands,
  },
  platform: 'node',
  // It has native parts, and finds them beside itself.
  external: ['ssh2'],
  logLevel: 'warn',
});
await bundle.write({
  dir: building,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  sourcemap: true,
  codeSplitting: { groups: LOADED_TOGETHER },
});
await bundle.close();
execFileSync('tsc', ['-p', 'tsconfig.types.json', '--outDir', `${building}/types`], { stdio: 'inherit' });
execFileSync(process.execPath, ['scripts/schema.ts', `${building}/cutover.schema.json`], {
  stdio: 'inherit',
});
rmSync('dist', { recursive: true, force: true });
renameSync(building, 'dist');
execFileSync('oclif', ['manifest'], { stdio: ['ignore', 'ignore', 'inherit'] });
