import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What a folder may import of ours, besides itself. The first that matches a file counts. */
const MAY_IMPORT: readonly (readonly [folder: string, allowed: readonly string[]])[] = [
  ['src/core/contract', []],
  ['src/core/operations', ['src/core']],
  ['src/core/steps', layers('config', 'contract', 'journal', 'plan', 'release', 'remote', 'sync')],
  ['src/core/transaction', layers('contract', 'journal')],
  ['src/core/lock', layers('contract', 'remote')],
  ['src/core/registry', layers('config', 'contract')],
  ['src/core/plan', layers('config', 'contract', 'lock', 'release', 'remote', 'sync')],
  ['src/core/journal', layers('contract', 'plan', 'remote')],
  ['src/core/remote', layers('config', 'contract', 'lock', 'release', 'sync')],
  ['src/core/release', layers('contract')],
  ['src/core/sync', layers('config', 'contract')],
  ['src/core/config', layers('contract')],
  ['src/plugins', ['src/core/contract']],
  ['src/ui', ['src/core']],
  ['src/commands', ['src/ui', 'src/core']],
  ['src/index.ts', ['src/core/config']],
  ['src/main.ts', ['src/ui/command']],
  ['src/plugin.ts', ['src/core/contract']],
  ['src/testing.ts', ['src/core/contract', 'src/core/testing', 'src/plugins']],
];

/** Packages that stay where their concern is. */
const PACKAGES: readonly (readonly [name: RegExp, folders: readonly string[]])[] = [
  [/^xstate/, ['src/core/transaction']],
  [/^ssh2$/, ['src/plugins/ssh2']],
  [/^execa$/, ['src/core/sync', 'src/core/config', 'src/plugins']],
  [/^@oclif\//, ['src/commands', 'src/ui/command', 'src/main.ts']],
  [/^@clack\//, ['src/commands', 'src/ui']],
];

function layers(...names: readonly string[]): readonly string[] {
  return names.map((name) => `src/core/${name}`);
}

interface Import {
  readonly file: string;
  readonly target: string;
}

/** What only tests use may reach for what it likes; nothing of the program may reach for it. */
const isTest = (file: string) => file.endsWith('.test.ts') || file.includes('/testing/');
const files = globSync('src/**/*.ts').filter((file) => !isTest(file));

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
  return [...found].map(([, specifier]) => ({
    file,
    target: specifier!.startsWith('.') ? normalize(join(dirname(file), specifier!)) : specifier!,
  }));
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function forbidden({ file, target }: Import): boolean {
  if (!target.startsWith('src/')) {
    return PACKAGES.some(
      ([name, folders]) => name.test(target) && !folders.some((folder) => isIn(file, folder)),
    );
  }
  const rule = MAY_IMPORT.find(([folder]) => isIn(file, folder));
  if (rule === undefined) return true;
  return ![rule[0], ...rule[1]].some((folder) => isIn(target, folder));
}

const shown = ({ file, target }: Import) => `${file} > ${target}`;

describe('layers', () => {
  it('reads the imports of every source file', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(importsOf('src/main.ts').map(shown)).toContain('src/main.ts > @oclif/core/run');
  });

  it('has no import against the layers', () => {
    expect(files.flatMap(importsOf).filter(forbidden).map(shown)).toEqual([]);
  });

  it('has no test aid in the program', () => {
    const aids = files
      .filter((file) => file !== 'src/testing.ts')
      .flatMap(importsOf)
      .filter(({ target }) => isTest(target));
    expect(aids.map(shown)).toEqual([]);
  });

  it('would see one', () => {
    const against = [
      { file: 'src/core/plan/planDeployment.ts', target: 'src/core/steps/index.ts' },
      { file: 'src/plugins/local/index.ts', target: 'src/core/remote/engine.ts' },
      { file: 'src/core/contract/quote.ts', target: 'src/core/config/types.ts' },
      { file: 'src/core/steps/activate.ts', target: 'xstate' },
      { file: 'src/core/operations/deploy.ts', target: 'src/plugins/register.ts' },
      { file: 'src/core/operations/deploy.ts', target: 'src/ui/style.ts' },
      { file: 'src/core/remote/shell/run.ts', target: 'ssh2' },
    ];
    expect(against.filter(forbidden)).toEqual(against);
  });

  it('keeps one plugin from another', () => {
    const plugins = globSync('src/plugins/*/index.ts').map(dirname);
    expect(plugins).toContain('src/plugins/ssh2');
    const crossing = files
      .flatMap(importsOf)
      .filter(({ file, target }) =>
        plugins.some(
          (plugin) => isIn(target, plugin) && file.startsWith('src/plugins/') && !isIn(file, plugin),
        ),
      )
      .filter(({ file }) => file !== 'src/plugins/register.ts');
    expect(crossing.map(shown)).toEqual([]);
  });
});
