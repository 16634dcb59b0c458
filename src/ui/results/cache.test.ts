import { expect, test } from 'vitest';
import type { RepairedCache, VerifiedCache } from '../../core/operations/cacheResults.ts';
import { exitCodeOfCache } from '../command/exitCodes.ts';
import { createStyle } from '../style.ts';
import { renderCacheRepair, renderCacheVerify } from './cache.ts';

const plain = createStyle(false);
const HOW = 'cutover cache repair production';
const well: VerifiedCache = {
  name: 'web1',
  files: 7,
  hashed: true,
  differences: [],
  notes: [],
  failure: null,
};
const verified = (...servers: readonly VerifiedCache[]) =>
  renderCacheVerify({ environment: 'production', servers }, plain, HOW);

test('verify: servers that are well share a line', () => {
  expect(verified(well, { ...well, name: 'web2' })).toEqual([
    'web1, web2 (2 servers)',
    '  ✓ 7 files read: all is as it was uploaded',
    '',
    'All is well on 2 servers of production.',
  ]);
});

test('verify: what differs is named, and how to mend it', () => {
  const differences = [
    { path: 'index.html', kind: 'content', live: true },
    { path: 'new\x1b[2J', kind: 'extra', live: false },
  ] as const;
  expect(verified({ ...well, differences, notes: ['It is locked.'] })).toEqual([
    'web1',
    '    7 files read',
    '  ✗ index.html: its content is not what was uploaded, and the live release has the same file',
    '  ✗ new\\x1B[2J: should not be there',
    '  ! It is locked.',
    '',
    '2 differences on 1 server of production. To mend: cutover cache repair production',
  ]);
});

test('verify: of many differences the first are named', () => {
  const differences = Array.from({ length: 25 }, (_, index) => ({
    path: `f${index}`,
    kind: 'missing' as const,
    live: false,
  }));
  const lines = verified({ ...well, differences });
  expect(lines.filter((line) => line.includes('is not there'))).toHaveLength(20);
  expect(lines).toContain('    and 5 more; --json names all');
});

test('verify: what could not be verified, and what could only in part', () => {
  const failure = {
    code: 'E_CAPABILITY',
    message: 'web1: there is no sha256sum.',
    hint: 'Install it.',
  } as const;
  expect(
    verified({ ...well, files: 0, hashed: false, failure }, { ...well, name: 'web2', hashed: false }),
  ).toEqual([
    'web1',
    '  ✗ there is no sha256sum.',
    '      Fix: Install it.',
    '',
    'web2',
    '  ✓ 7 files compared by size and time: SFTP alone cannot tell what is in them: all is as it was uploaded',
    '',
    '1 server could not be verified.',
  ]);
});

test('repair: what was mended, what is left, and what was served', () => {
  const server: RepairedCache = {
    name: 'web1',
    files: 7,
    hashed: true,
    mended: [{ path: 'index.html', kind: 'content', live: true }],
    differences: [{ path: 'a\ufffd', kind: 'extra', live: false }],
    problems: ['index.html: the live release had it too'],
    failure: null,
  };
  expect(renderCacheRepair({ environment: 'production', servers: [server] }, plain)).toEqual([
    'web1',
    '  ✓ index.html: has again the content that was uploaded',
    '    7 files read',
    '  ✗ a\ufffd: should not be there',
    '  ! index.html: the live release had it too',
    '',
    '1 difference mended, 1 left on 1 server of production.',
  ]);
});

test('repair: nothing to do', () => {
  const { notes: _, ...same } = well;
  const servers = [{ ...same, mended: [], problems: [] }];
  expect(renderCacheRepair({ environment: 'production', servers }, plain)).toEqual([
    'web1',
    '  ✓ 7 files read: all is as it was uploaded',
    '',
    'Nothing was to be mended on 1 server of production.',
  ]);
});

test.for([
  ['nothing differs', [], null, 0],
  ['something differs', [{ path: 'x', kind: 'mode', live: false }], null, 4],
  ['one was not verified', [], 'E_CAPABILITY', 4],
  ['one is out of reach', [{ path: 'x', kind: 'mode', live: false }], 'E_UNREACHABLE', 10],
  ['a lock was lost', [], 'E_FENCED', 11],
  ['there is a bug', [], 'E_BUG', 1],
] as const)('the exit code when %s', ([, differences, code, exitCode]) => {
  const failure = code === null ? null : { code, message: '', hint: null };
  expect(exitCodeOfCache([well, { differences, failure }])).toBe(exitCode);
});
