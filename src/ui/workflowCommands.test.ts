import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeLines } from './escape.ts';
import { runnerCommand } from './testing/runner.ts';
import { annotation, groupBegin, isInActions } from './workflowCommands.ts';

test('an annotation, with what would end it or its title escaped', () => {
  expect(annotation('error', 'web1: it failed, 50%', '100% of\r\nall: a, b')).toBe(
    '::error title=web1%3A it failed%2C 50%25::100%25 of%0Aall: a, b',
  );
  expect(groupBegin('Prepare\n::set-env name=A::b')).toBe('::group::Prepare \\x3A:set-env name=A::b');
});

const hostile = fc.array(
  fc.oneof(
    fc.constantFrom('::', '##[', '%0A', '%', '\n', '\r', ':', ',', '::set-env name=A::', 'error', '\x1b[31m'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
  { maxLength: 12 },
);

test('whatever stands in it, the runner reads one annotation with that text', () => {
  fc.assert(
    fc.property(hostile, hostile, (title, message) => {
      const line = annotation('warning', title.join(''), message.join(''));
      expect(line).not.toMatch(/[\r\n]/);
      expect(runnerCommand(line)).toEqual({
        name: 'warning',
        properties: { title: expect.anything() },
        data: escapeLines(message.join('')).join('\n'),
      });
    }),
  );
});

test('a run of GitHub Actions is known by both variables', () => {
  expect(isInActions({ GITHUB_ACTIONS: 'true', CI: 'true' })).toBe(true);
  for (const env of [{ CI: 'true' }, { GITHUB_ACTIONS: 'true' }, { GITHUB_ACTIONS: 'true', CI: 'false' }, {}])
    expect(isInActions(env)).toBe(false);
});
