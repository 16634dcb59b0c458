import { expect, test } from 'vitest';
import { gitError } from './gitError.ts';

test('a repository of somebody else is explained, with the command that trusts it', () => {
  const stderr = [
    "fatal: detected dubious ownership in repository at '/srv/shop'",
    'To add an exception for this directory, call:',
    '',
    '\tgit config --global --add safe.directory /srv/shop',
    '',
  ].join('\n');
  expect(gitError('/srv/shop/app', ['rev-parse', '--absolute-git-dir'], { stderr })).toMatchObject({
    code: 'E_SOURCE',
    message: 'git does not trust /srv/shop/app: it belongs to another user.',
    hint: 'If you do: git config --global --add safe.directory /srv/shop',
  });
});

test('any other failure is told in the words of git, without control characters', () => {
  const stderr = 'hint: one\nhint: two\nfatal: bad \u001b[31mobject\nx\n';
  expect(gitError('/srv/shop', ['--literal-pathspecs', 'archive', '--format=tar'], { stderr }).message).toBe(
    'git archive failed in /srv/shop: hint: two fatal: bad \\x1b[31mobject x',
  );
});
