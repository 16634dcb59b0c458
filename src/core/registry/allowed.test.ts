import { expect, test } from 'vitest';
import { allowed, listIn } from './allowed.ts';

const installed = [
  { name: 'cutover-plugin-a', version: '1.2.0' },
  { name: '@me/b', version: '2.0.0-rc.1' },
];
const names = (packages: readonly { readonly name: string }[]) => packages.map(({ name }) => name);

test('without a list all are let in, with one those that it names', () => {
  expect(allowed(installed, null)).toEqual({ listed: installed, unlisted: [] });
  const { listed, unlisted } = allowed(installed, ['@me/b@2.0.0-rc.1']);
  expect([names(listed), names(unlisted)]).toEqual([['@me/b'], ['cutover-plugin-a']]);
  expect(allowed(installed, []).listed).toEqual([]);
});

test('all that is listed and not there is told at once, with the command that installs it', () => {
  expect(() => allowed(installed, ['@me/b@2.0.0', 'cutover-plugin-a', '@me/cutover-plugin-gone'])).toThrow(
    expect.objectContaining({
      code: 'E_PLUGIN',
      message:
        '"plugins" lists @me/b in version 2.0.0, but 2.0.0-rc.1 is installed; @me/cutover-plugin-gone, which is not installed.',
      hint: 'cutover plugins install @me/b@2.0.0 @me/cutover-plugin-gone',
    }),
  );
});

test.for([
  ['a', 'cutover-plugin-a'],
  ['@you/cutover-plugin-a@1.2.0', 'cutover-plugin-a'],
  ['b', '@me/b'],
] as const)('who lists %s meant %s', ([entry, meant]) => {
  expect(() => allowed(installed, [entry])).toThrow(
    expect.objectContaining({ hint: `Did you mean "${meant}"?` }),
  );
});

test('for what did not come from a registry the way out is where it came from', () => {
  const elsewhere = [
    { name: 'linked', version: '1.0.0', origin: 'link' },
    { name: 'packed', version: '1.0.0', origin: 'address' },
  ] as const;
  expect(() => allowed(elsewhere, ['linked@2.0.0', 'packed@2.0.0', 'gone'])).toThrow(
    expect.objectContaining({
      hint: [
        'cutover plugins install gone',
        'linked is linked: its own package.json says its version, or the list another one.',
        'packed came from a file or an address, not by its name: install that version from there.',
      ].join('\n'),
    }),
  );
});

test.for([
  [{}, null],
  [null, null],
  ['text', null],
  [{ plugins: 'a' }, []],
  [{ plugins: null }, []],
  [{ plugins: ['a', '@me/b@1.0.0', 3, 'no name', '; rm -rf', '@me'] }, ['a', '@me/b@1.0.0']],
] as const)('of a file that says %j the list is %j', ([raw, list]) => {
  expect(listIn(raw)).toEqual(list);
});
