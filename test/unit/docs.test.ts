import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../src/core/config/loadConfig.ts';
import { STEPS } from '../../src/core/contract/index.ts';
import { createRegistry } from '../../src/core/registry/registry.ts';
import { builtIn } from '../../src/plugins/register.ts';
import { exitCodeOf } from '../../src/ui/command/exitCodes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = globSync('{*.md,docs/*.md}', { cwd: root }).sort();

interface CommandClass {
  readonly flags?: Readonly<Record<string, { readonly type: string; readonly options?: readonly string[] }>>;
  readonly baseFlags?: CommandClass['flags'];
  readonly args?: Readonly<Record<string, unknown>>;
}

const commands = await Promise.all(
  globSync('src/commands/**/*.ts', { cwd: root }).map(async (file) => {
    const { default: command } = (await import(join(root, file))) as { readonly default: CommandClass };
    const name = relative('src/commands', file)
      .replace(/(?:\/index)?\.ts$/, '')
      .replaceAll('/', ' ');
    return { name, command };
  }),
);

/** The text below a heading of the second level. */
function section(page: string, heading: string): string {
  const [, ...sections] = read(page).split(/^## /m);
  const found = sections.find((each) => each.startsWith(`${heading}\n`));
  expect(found, `${page} has a section "${heading}"`).toBeDefined();
  return found!.slice(heading.length);
}

function flagsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/^\| `--([a-z-]+)/gm)].map(([, flag]) => flag!))].sort();
}

test('there are commands to document', () => {
  expect(commands.map(({ name }) => name)).toContain('deploy');
});

test.each(commands)('docs/commands.md has the flags of $name, and no others', ({ name, command }) => {
  expect(flagsIn(section('docs/commands.md', name))).toEqual(Object.keys(command.flags ?? {}).sort());
});

test.each(commands)('docs/commands.md shows how $name is called', ({ name, command }) => {
  const call = `cutover ${[name, ...Object.keys(command.args ?? {}).map((arg) => arg.toUpperCase())].join(' ')}`;
  const text = section('docs/commands.md', name);
  if (Object.keys(command.args ?? {}).length > 0) expect(text).toContain(`    ${call}\n`);
});

test('docs/commands.md has the flags that all commands share, and no others', () => {
  const shared = Object.keys(commands[0]?.command.baseFlags ?? {}).sort();
  expect(flagsIn(section('docs/commands.md', 'Flags of every command'))).toEqual(shared);
});

const codes = ['E_BUG', 'E_USAGE', 'E_PLUGIN', 'E_REFUSED', 'E_UNREACHABLE', 'E_LOCKED'] as const;
const ofTransactions = [0, 12, 13, 14, 130];
const exits = [...codes.map(exitCodeOf), ...ofTransactions].sort((a, b) => a - b);

test.each(builtIn.flatMap(({ notifiers = {} }) => Object.keys(notifiers)))(
  'docs/notifiers.md says how the notifier %s is used',
  (name) => {
    expect(section('docs/notifiers.md', name).trim()).not.toBe('');
  },
);

test.each(['README.md', 'docs/commands.md'])('%s lists every exit code', (page) => {
  const listed = [...read(page).matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(exits);
});

test('docs/troubleshooting.md says what to do about every exit code', () => {
  const headings = [...read('docs/troubleshooting.md').matchAll(/^## (\d+):/gm)].map(([, code]) =>
    Number(code),
  );
  expect(headings).toEqual(exits.filter((code) => code !== 0));
});

test('the README names every step, in order', () => {
  const named = [...section('README.md', 'The transaction').matchAll(/^\| ([a-zA-Z]+) \| (?!does)/gm)];
  expect(named.map(([, step]) => step).filter((step) => step !== 'step')).toEqual([...STEPS]);
});

test('the README says what to type', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
  expect(read('README.md')).toContain('\nnpm ci && npm run demo\n');
  expect(read('README.md')).toContain('\nnpm ci && npm test\n');
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name!),
  );
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});

test.each(pages)('every link in %s leads somewhere', (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target!);
  const broken = targets.filter((target) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    return !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test.each(pages.filter((page) => wholeConfigurations(page).length > 0))(
  'the configurations in %s are right',
  async (page) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'cutover-docs-')));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const text of wholeConfigurations(page)) {
      await writeFile(join(folder, 'cutover.yaml'), text);
      await loadConfig(join(folder, 'cutover.yaml'), { extensions: createRegistry(builtIn) });
    }
  },
);

test.each(pages.filter((page) => pieces(page).length > 0))(
  'the pieces of configurations in %s are right',
  async (page) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'cutover-docs-')));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const piece of pieces(page)) {
      const whole = `${BEGINNING}${piece.startsWith('servers:') ? '' : SERVERS}${piece.replaceAll(/^(?=.)/gm, '    ')}`;
      await writeFile(join(folder, 'cutover.yaml'), whole);
      const loading = loadConfig(join(folder, 'cutover.yaml'), { extensions: createRegistry(builtIn) });
      await expect(loading, piece).resolves.toBeDefined();
    }
  },
);

const BEGINNING = 'application: shop\nsource: { directory: . }\nenvironments:\n  production:\n';
const SERVERS = '    servers: { web1: { transport: local, path: /srv/shop, roles: [web] } }\n';

test.each(builtIn.flatMap(({ hooks = {} }) => Object.keys(hooks)))(
  'docs/hooks.md has the options of the hook %s, and no others',
  async (name) => {
    expect(optionsIn(section('docs/hooks.md', name))).toEqual(await optionsOf(name, 'Options'));
  },
);

test.each(
  builtIn.flatMap(({ notifiers = {} }) => Object.keys(notifiers)).filter((name) => name !== 'hipchat'),
)('docs/notifiers.md has the options of the notifier %s, and no others', async (name) => {
  const own = optionsIn(section('docs/notifiers.md', name));
  const all = await optionsOf(name, name === 'command' ? 'NotifierOptions' : 'Options');
  const shared = optionsIn(section('docs/notifiers.md', 'Options of all that post to an address'));
  const posts = !own.includes('timeout') && all.includes('retries');
  expect([...own, ...(posts ? shared : [])].sort()).toEqual(all);
});

test.each(['openssh', 'docker'])(
  'docs/transports.md has the options of the transport %s, and no others',
  async (name) => {
    expect(optionsIn(section('docs/transports.md', name))).toEqual(await optionsOf(name, 'Options'));
  },
);

/** The first column of the tables of a section. */
function optionsIn(text: string): readonly string[] {
  const rows = [...text.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, names]) => names!);
  return rows.flatMap((names) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name!)).sort();
}

async function optionsOf(plugin: string, schema: string): Promise<readonly string[]> {
  const module = (await import(join(root, 'src', 'plugins', plugin, 'options.ts'))) as Record<
    string,
    z.ZodType
  >;
  const { properties } = z.toJSONSchema(module[schema]!, { io: 'input', unrepresentable: 'any' });
  return Object.keys(properties ?? {}).sort();
}

/** GitHub's anchors: small letters, no punctuation, hyphens for spaces. */
function anchorsOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function wholeConfigurations(page: string): readonly string[] {
  return yamlIn(page).filter((text) => /^application:/m.test(text));
}

/** What can stand in an environment; docs/transports.md shows it indented, and not fenced. */
function pieces(page: string): readonly string[] {
  const shown = page === 'docs/transports.md' ? read(page) : '';
  const indented = [...shown.matchAll(/^ {4}servers:\n(?: {5,}.*\n)+/gm)].map(([text]) => text);
  return [
    ...yamlIn(page).filter((text) => /^(?:hooks|notify):/.test(text)),
    ...indented.map((text) => text.replaceAll(/^ {4}/gm, '')),
  ];
}

function yamlIn(page: string): readonly string[] {
  return [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);
}
