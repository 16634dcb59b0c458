import { expect, test } from 'vitest';
import { describeIssues } from './describeIssues.ts';

const blank = { expected: null, found: undefined, didYouMean: null };

test('each issue has a line, in the order of the file, aligned', () => {
  const issues = [
    { ...blank, path: 'servers.web1.hots', line: 12, column: 7, message: 'unknown key' },
    { ...blank, path: 'keep', line: 5, column: 9, message: 'expected more' },
    { ...blank, path: '', line: 5, column: 1, message: 'a tab' },
  ];
  expect(describeIssues('cutover.yaml', issues)).toBe(
    [
      'cutover.yaml:5:1   a tab',
      'cutover.yaml:5:9   keep: expected more',
      'cutover.yaml:12:7  servers.web1.hots: unknown key',
    ].join('\n'),
  );
});

test('without lines the file is named alone', () => {
  const issue = { ...blank, path: 'keep', line: null, column: null, message: 'expected more' };
  expect(describeIssues('cutover.config.ts', [issue])).toBe('cutover.config.ts  keep: expected more');
});
