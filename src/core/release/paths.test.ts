import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currentText, releaseOf, releasePath, sharedLinkText } from './paths.ts';

const PATHS = ['/srv/shop', '/mnt/disk/shop/'];

test.for([
  ['releases/20260101000001', '20260101000001'],
  ['releases/initial/', 'initial'],
  ['./releases/initial', 'initial'],
  ['.//releases/initial//', 'initial'],
  ['/srv/shop/releases/initial', 'initial'],
  ['/mnt/disk/shop/releases/initial', 'initial'],
  ['releases/with space', 'with space'],
  ['releases/...', '...'],
] as const)('%s leads to the release %s', ([text, release]) => {
  expect(releaseOf(text, PATHS)).toBe(release);
});

test.for([
  'releases',
  'releases/',
  'releases/.',
  'releases/..',
  'releases/a/b',
  'releases/a/..',
  '/srv/shop2/releases/a',
  '/tmp',
  '../releases/a',
  'old',
  '',
])('%j leads elsewhere', (text) => {
  expect(releaseOf(text, PATHS)).toBeNull();
});

test('the link of a release leads back to it', () => {
  expect(releaseOf(currentText('a'), [])).toBe('a');
  expect(posix.resolve('/srv/shop', currentText('a'))).toBe(releasePath('/srv/shop', 'a'));
});

test('a shared link leads to the same path below shared, however deep it is', () => {
  const name = fc.stringMatching(/^[a-z .$']{1,8}$/).filter((each) => !/^\.{1,2}$/.test(each));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (names) => {
      const path = names.join('/');
      const at = posix.dirname(`/srv/shop/releases/1/${path}`);
      expect(posix.resolve(at, sharedLinkText(path))).toBe(posix.resolve(`/srv/shop/shared/${path}`));
      expect(sharedLinkText(path).startsWith('/')).toBe(false);
    }),
  );
});
