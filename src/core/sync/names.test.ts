import { describe, expect, test } from 'vitest';
import { linkProblem, nameProblem, pathProblem, printable } from './names.ts';
import { TORTURE } from './testing/entries.ts';

describe('names', () => {
  test.each(TORTURE)('%s may be deployed', (name) => {
    expect(nameProblem(Buffer.from(name))).toBeNull();
    expect(pathProblem(`d/${name}`)).toBeNull();
  });

  test.each(['\n', '\0', '\t', '\u001b[2J', '\u007f', '\u0085', '\u009b', '\u2028', '\u2029'])(
    'the control character in %j is refused',
    (text) => {
      expect(nameProblem(Buffer.from(`a${text}b`))).toBe('holds control characters');
      expect(pathProblem(`a${text}b`)).toBe('holds control characters');
    },
  );

  test.each([[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]])('invalid UTF-8 is refused', (...bytes) => {
    expect(nameProblem(Buffer.from(bytes))).toBe('is not valid UTF-8');
  });

  test.each(['', '.', '..', 'a/b'])('%j is no name', (name) => {
    expect(nameProblem(Buffer.from(name))).toBe('is not a file name');
  });

  test.each(['', '/etc', '../x', 'a/../b', 'a//b', 'a/', './a'])('%j is no path of a manifest', (path) => {
    expect(pathProblem(path)).toBe('is not a path inside the tree');
  });
});

describe('links', () => {
  test.each([
    ['a', 'b'],
    ['a', '.'],
    ['a/b', '..'],
    ['a/b/c', '../../x'],
    ['a', 'missing/../b'],
    ['a', './/b/'],
    ['a', '...'],
  ])('%s -> %s stays inside', (path, target) => {
    expect(linkProblem(path, target)).toBeNull();
  });

  test.each([
    ['a', '..'],
    ['a/b', '../..'],
    ['a/b', '../../away/a'],
    ['a', 'b/../../c'],
    ['a', './..'],
  ])('%s -> %s leaves the tree', (path, target) => {
    expect(linkProblem(path, target)).toContain('leaves the tree');
  });

  test('absolute, empty, endless and unprintable targets are refused', () => {
    expect(linkProblem('a', '/etc/passwd')).toContain('absolute path, /etc/passwd');
    expect(linkProblem('a', '')).toContain('without a target');
    expect(linkProblem('a', 'x'.repeat(4096))).toContain('too long');
    expect(linkProblem('a', 'x\ny')).toContain('control characters');
  });
});

test('what is shown of a name cannot move the cursor or turn the text', () => {
  expect(printable('a\u001b[2Jb\u202ec')).toBe('a\\x1b[2Jb\\xe2\\x80\\xaec');
  expect(printable(Buffer.from([0x61, 0xff, 0x0a]))).toBe('a\\xff\\x0a');
  expect(printable('caf\u00e9 \u{1f680}')).toBe('caf\u00e9 \u{1f680}');
});
