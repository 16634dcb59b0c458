import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Exclusion, exclusion, IGNORE_FILE, rawPath } from './exclusion.ts';

describe('patterns of the configuration', () => {
  test.each([
    ['*.log', 'a/b.log', true],
    ['*.log', 'a/b.LOG', false],
    ['/build', 'build', true],
    ['/build', 'a/build', false],
    ['a/b', 'x/a/b', false],
    ['**/b', 'x/a/b', true],
    ['build/', 'build', false],
    ['\\!keep', '!keep', true],
    ['#comment', '#comment', false],
    ['\\#file', '#file', true],
    ['x[0-9]', 'x7', true],
    ['back\\\\slash', 'back\\slash', true],
    ['trailing\\ ', 'trailing ', true],
    ['caf\u00e9', 'caf\u00e9', true],
    ['caf\u00e9', 'cafe\u0301', false],
    ['caf??', 'caf\u00e9', true],
  ])('%s, file %s: %s', (pattern, path, excluded) => {
    expect(exclusion([pattern]).excludes(rawPath(path), 'other')).toBe(excluded);
  });

  test('with a slash at the end mean directories', () => {
    expect(exclusion(['build/']).excludes('a/build', 'directory')).toBe(true);
  });

  test('give way to later ones, so that a file can be kept', () => {
    const rules = exclusion(['*.log', '!keep.log']);
    expect(rules.excludes('keep.log', 'other')).toBe(false);
    expect(rules.excludes('other.log', 'other')).toBe(true);
  });
});

describe('an ignore file', () => {
  test('speaks of its directory only', () => {
    const rules = exclusion([]).withIgnoreFile('sub', Buffer.from('/x\n*.tmp\n'));
    expect(rules.excludes('sub/x', 'other')).toBe(true);
    expect(rules.excludes('sub/deep/a.tmp', 'other')).toBe(true);
    expect(rules.excludes('x', 'other')).toBe(false);
    expect(rules.excludes('a.tmp', 'other')).toBe(false);
  });

  test('may stand in a directory with a strange name, and have DOS line ends and a mark at the start', () => {
    const rules = exclusion([]).withIgnoreFile('a*[b]\\c', Buffer.from('\uFEFFsecret\r\n*.key\r\n'));
    expect(rules.excludes('a*[b]\\c/secret', 'other')).toBe(true);
    expect(rules.excludes('a*[b]\\c/k.key', 'other')).toBe(true);
    expect(rules.excludes('aX[b]\\c/secret', 'other')).toBe(false);
  });

  test('overrules those above it, and re-includes what is below a directory too', () => {
    const rules = exclusion(['build']).withIgnoreFile('sub', Buffer.from('!build\n'));
    expect(rules.excludes('sub/build', 'directory')).toBe(false);
    expect(rules.excludes('sub/build/x', 'other')).toBe(false);
    expect(rules.excludes('other/build', 'directory')).toBe(true);
  });
});

const NAMES = ['a', 'b', 'A', 'a b', '-x', 'é', '[a]', 'b.c', '!a', '#a', 'a\\b', '.d'] as const;
const PIECES = [
  ...NAMES,
  '*',
  '?',
  '**',
  '[ab]',
  '[!a]',
  'a*',
  '*b',
  '\\*',
  '*.c',
  '\\[a]',
  'a\\\\b',
] as const;

const pattern = fc
  .tuple(
    fc.constantFrom('', '', '!', '\\', '#'),
    fc.constantFrom('', '', '/'),
    fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/', ' ', '\\ '),
  )
  .map(([start, anchor, pieces, end]) => start + anchor + pieces.join('/') + end);
const patterns = fc.array(pattern, { maxLength: 5 });
const paths = fc
  .array(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 10 })
  .map((list) => list.map((names) => names.join('/')))
  .map((list) => list.filter((path) => !list.some((other) => other.startsWith(`${path}/`))))
  .map((list) => [...new Set(list)].sort());
const ignoreFiles = fc.array(fc.tuple(fc.nat(20), patterns), { maxLength: 3 });

test('random patterns leave out what git leaves out', () => {
  fc.assert(
    fc.property(paths, patterns, ignoreFiles, (files, excludes, ignoring) => {
      const places = ['', ...directoriesOf(files)];
      const texts = new Map(
        ignoring.map(([at, lines]) => [places[at % places.length] ?? '', lines.join('\n')]),
      );
      expect(keptByUs(files, excludes, texts)).toEqual(keptByGit(files, excludes, texts));
    }),
    { numRuns: RUNS },
  );
});

const RUNS = 150;

function keptByUs(
  files: readonly string[],
  excludes: readonly string[],
  texts: ReadonlyMap<string, string>,
): readonly string[] {
  const open = new Map<string, Exclusion>();
  const enter = (directory: string, rules: Exclusion) => {
    const text = texts.get(directory);
    open.set(
      directory,
      text === undefined ? rules : rules.withIgnoreFile(rawPath(directory), Buffer.from(text)),
    );
  };
  enter('', exclusion(excludes));
  for (const directory of directoriesOf(files)) {
    const rules = open.get(parentOf(directory));
    if (rules && !rules.excludes(rawPath(directory), 'directory')) enter(directory, rules);
  }
  return files.filter((path) => open.get(parentOf(path))?.excludes(rawPath(path), 'other') === false);
}

function keptByGit(
  files: readonly string[],
  excludes: readonly string[],
  texts: ReadonlyMap<string, string>,
): readonly string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'cutover-ignore-'));
  try {
    const tree = join(scratch, 'tree');
    for (const path of files) {
      mkdirSync(join(tree, parentOf(path)), { recursive: true });
      writeFileSync(join(tree, path), '');
    }
    for (const [directory, text] of texts) writeFileSync(join(tree, directory, IGNORE_FILE), text);
    writeFileSync(join(scratch, 'excludes'), excludes.join('\n'));
    const git = (...args: readonly string[]) =>
      execFileSync('git', [...args], { cwd: tree, encoding: 'utf8', env: { PATH: process.env.PATH } });
    git('init', '-q');
    const listed = git('ls-files', '-oz', '-X', '../excludes', `--exclude-per-directory=${IGNORE_FILE}`);
    return listed
      .split('\0')
      .filter((path) => files.includes(path))
      .sort();
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function directoriesOf(files: readonly string[]): readonly string[] {
  const all = files.flatMap((path) => {
    const names = path.split('/').slice(0, -1);
    return names.map((_, index) => names.slice(0, index + 1).join('/'));
  });
  return [...new Set(all)].sort();
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
