import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './loadConfig.ts';
import { fakeExtensions } from './testing/extensions.ts';
import { folderWith } from './testing/folder.ts';
import { load, production, wrong } from './testing/load.ts';

test.each([
  ['a tab', 'a:\n\tb: 1\n', ':2:1  a tab indents this line; YAML takes spaces only'],
  ['a key twice', 'a: 1\nb: 2\na: 3\n', ':3:1  this key stands twice in the same object'],
  ['an open quote', 'a: "x\nb: 1\n', 'a closing quote or bracket, or a comma, is missing'],
  [
    'an open bracket',
    'a: [1, 2\nb: 3\n',
    ':2:1  the indentation fits nothing above, or a bracket is not closed',
  ],
  ['a reserved character', 'a: @x\n', ':1:4  a text that starts with this character needs quotes'],
  [
    'a colon in a text',
    'a: b: c\n',
    ':1:4  a text with ": " inside needs quotes, or a line break is missing',
  ],
  ['two documents', 'a: 1\n---\nb: 2\n', ':2:1  a second document starts here; a configuration is one'],
  ['a tag', 'a: !x y\n', ':1:4  a text that starts with ! needs quotes (here it is an unknown tag)'],
  ['an alias', 'a: 1\nb: *x\n', ':2:4  a text that starts with * needs quotes'],
  ['a list as key', '? [a]\n: 1\n', ':1:3  a key must be a text'],
  ['a loop', 'a: &x [*x]\n', 'a[0]: expected plain data; found an object that contains itself'],
])('YAML with %s is refused with its place', async (_, text, expected) => {
  const lines = await wrong(text);
  expect(lines[0]).toMatch(/^cutover\.yaml/);
  expect(lines[0]).toContain(expected);
});

test('what follows from the first error of a line is not told', async () => {
  expect(await wrong('a: x\n  b: y\n')).toHaveLength(1);
});

test('too many aliases of aliases are refused, not followed', async () => {
  const levels = Array.from({ length: 12 }, (_, index) => {
    const items =
      index === 0
        ? 'x'
        : Array(12)
            .fill(`*l${index - 1}`)
            .join(', ');
    return `l${index}: &l${index} [${items}]`;
  });
  expect(await wrong(levels.join('\n'))).toEqual(['cutover.yaml:1:1  too many aliases of aliases']);
});

test('an empty file says what is expected', async () => {
  expect(await wrong('# nothing\n')).toEqual([
    'cutover.yaml:1:1  expected an object with application, source and environments; found an empty value',
  ]);
});

test('an issue in merged options points to where they stand', async () => {
  const lines = await wrong(
    production(
      'servers:',
      '  a: &a { transport: wire, hots: x, host: x, path: /a }',
      '  b: { <<: *a, path: /b }',
    ),
  );
  expect(lines.map((line) => line.split('  ')[0])).toEqual(['cutover.yaml:6:32', 'cutover.yaml:6:32']);
});

test('text that is not UTF-8 is refused', async () => {
  await expect(load(Buffer.from('application: caf\xe9\n', 'latin1'))).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: 'cutover.yaml could not be read: it is not UTF-8 text',
  });
});

test('an unknown ending is refused', async () => {
  await expect(load('', 'cutover.toml')).rejects.toMatchObject({
    code: 'E_CONFIG',
    hint: 'Known are .yaml, .yml, .json, .ts, .mts, .js and .mjs.',
  });
});

test.each([
  ['export const a = 1;', 'cutover.config.mjs exports no configuration.', 'export default'],
  ['export default', 'cutover.config.mjs could not be loaded: ', 'node FILE'],
  [
    'import "nowhere-to-be-found"; export default {};',
    'could not be loaded: Cannot find package',
    'npm install',
  ],
  ['throw new Error("no network");', 'could not be loaded: no network', 'node FILE'],
  ['export default () => { throw new Error("no token") };', 'exports failed: no token', ''],
])('a module that cannot be used says why: %s', async (text, message, hint) => {
  const directory = await folderWith({ 'cutover.config.mjs': text });
  const file = join(directory, 'cutover.config.mjs');
  const error: unknown = await loadConfig(file, { extensions: fakeExtensions, directory }).catch(
    (e: unknown) => e,
  );
  expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining(message) });
  if (hint !== '') expect(error).toMatchObject({ hint: expect.stringContaining(hint) });
});
