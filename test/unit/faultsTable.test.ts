import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const [, coverage = ''] = readFileSync(new URL('docs/faults.md', root), 'utf8').split('\n## Coverage\n');

const rows = [...coverage.matchAll(/^\| (?!fault \||---)(.+?) \| (.+) \|$/gm)].map(([, fault, shown]) => ({
  fault: fault!,
  shown: shown!,
}));

test('every fault has a test that is there, or a reason why not', () => {
  const wrong = rows.flatMap(({ fault, shown }) => {
    if (/^Not shown: \S/.test(shown)) return [];
    const files = [...shown.matchAll(/`([^`]+)`/g)].map(([, file]) => file!);
    const isGood = files.length > 0 && files.every((file) => existsSync(fileURLToPath(new URL(file, root))));
    return isGood ? [] : [`${fault}: ${shown}`];
  });
  expect(wrong).toEqual([]);
});

test('the table is told as a figure', () => {
  const covered = rows.filter(({ shown }) => !shown.startsWith('Not shown')).length;
  process.stdout.write(`docs/faults.md: ${covered} of ${rows.length} faults have a test\n`);
  expect(new Set(rows.map(({ fault }) => fault)).size).toBe(rows.length);
  expect(covered).toBeGreaterThan(100);
});
