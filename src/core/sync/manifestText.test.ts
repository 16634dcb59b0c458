import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSegment, manifestHash, readSegments } from './manifestText.ts';
import { cachedAt, directory, file, link, manifest, sha256, TORTURE, trees } from './testing/entries.ts';
import type { Manifest } from './types.ts';

const tree = manifest(directory('a'), file('a/x', 'content', 0o755), link('l', 'a/x'));

test('a manifest is a header and a line for each entry', () => {
  expect(formatSegment(cachedAt(1700000000, tree))).toBe(
    [
      'cutover-manifest 1',
      'd\t755\t0\t-\t1700000000\ta',
      `f\t755\t7\t${sha256('content')}\t1700000000\ta/x`,
      `l\t777\t3\t${sha256('a/x')}\t1700000000\tl\ta/x`,
      '',
    ].join('\n'),
  );
});

test('whatever is written is read back the same', () => {
  fc.assert(
    fc.property(trees(TORTURE), fc.nat(), (entries, time) => {
      const cached = cachedAt(time, entries);
      expect(readSegments([formatSegment(cached)])).toEqual(cached);
    }),
  );
});

describe('a damaged manifest is refused with the line', () => {
  const good = formatSegment(cachedAt(5, tree));
  const hash = sha256('');
  const withLine = (line: string) => `cutover-manifest 1\n${line}\n`;
  test.each([
    ['empty', '', /line 1/],
    ['of another version', good.replace('manifest 1', 'manifest 2'), /line 1/],
    ['cut off', good.slice(0, -3), /line 4: it ends in the middle/],
    ['without the directory', good.replace(/^d.*\n/m, ''), /line 2: its directory is missing/],
    [
      'below a link',
      withLine(`l\t777\t1\t${hash}\t5\ta\tb\nf\t644\t0\t${hash}\t5\ta/x`),
      /line 3: its directory/,
    ],
    ['twice', withLine('d\t755\t0\t-\t5\ta\nd\t755\t0\t-\t5\ta'), /line 3: it is not in order/],
    ['climbing', withLine(`f\t644\t0\t${hash}\t5\t../x`), /\.\.\/x is not a path/],
    ['absolute', withLine(`f\t644\t0\t${hash}\t5\t/etc/x`), /is not a path/],
    ['with a control character', withLine(`f\t644\t0\t${hash}\t5\ta\u001bb`), /a\\x1bb holds control/],
    ['with a strange kind', withLine(`x\t644\t0\t${hash}\t5\ta`), /it is no entry/],
    ['with another field', withLine(`l\t777\t1\t${hash}\t5\ta\tb\tc`), /it is no entry/],
    ['with too few fields', withLine(`f\t644\t0\t${hash}\t5`), /is not a path/],
    ['with a setuid mode', withLine(`f\t4755\t0\t${hash}\t5\ta`), /its mode is odd/],
    ['with a short hash', withLine('f\t644\t0\tabc\t5\ta'), /its hash is odd/],
    ['with a hashed directory', withLine(`d\t755\t0\t${hash}\t5\ta`), /its hash is odd/],
    ['with a large directory', withLine('d\t755\t1\t-\t5\ta'), /its size is odd/],
    ['with a negative size', withLine(`f\t644\t-1\t${hash}\t5\ta`), /a number is odd/],
    ['with a huge size', withLine(`f\t644\t9007199254740993\t${hash}\t5\ta`), /a number is odd/],
    ['with a broken time', withLine(`f\t644\t0\t${hash}\t1e3\ta`), /a number is odd/],
    ['with a target on a file', withLine(`f\t644\t0\t${hash}\t5\ta\tb`), /has a target but is no link/],
    ['with a link to nothing', withLine(`l\t777\t0\t${hash}\t5\ta`), /without a target/],
    ['with a link outside', withLine(`l\t777\t4\t${hash}\t5\ta\t../b`), /leaves the tree/],
  ])('%s', (_, text, message) => {
    expect(() => readSegments([text])).toThrow(
      expect.objectContaining({ code: 'E_REMOTE', message: expect.stringMatching(message) }),
    );
  });
});

describe('the hash of a manifest', () => {
  test('tells trees apart that differ in anything but time', () => {
    const variants: readonly Manifest[] = [
      tree,
      [],
      manifest(directory('a')),
      manifest(file('a', '')),
      manifest(file('a', '', 0o755)),
      manifest(file('b', '')),
      manifest(link('a', 'b')),
      manifest(link('a', 'c')),
    ];
    expect(new Set(variants.map(manifestHash)).size).toBe(variants.length);
  });

  test('does not see times', () => {
    expect(manifestHash(cachedAt(1, tree))).toBe(manifestHash(tree));
    expect(manifestHash(tree)).toMatch(/^[0-9a-f]{64}$/);
  });
});
