import { expect, test } from 'vitest';
import { addServer, entryText } from './addServer.ts';

const web9 = {
  environment: 'production',
  name: 'web9',
  entry: { extends: 'web1', host: 'web9.example.com', port: 22 },
};
const LINE = 'web9: { extends: web1, host: web9.example.com, port: 22 }';

test('a server comes behind the others, and every other character stays', async () => {
  const head = ['# ours', 'application:   shop', 'environments:', '    production:', '        keep: 2 # two'];
  const servers = [
    '        servers:',
    '            # the first',
    '            web1: { transport: here, path: /srv }   # east',
  ];
  const tail = [
    '',
    '        # said at the end',
    '    other: { servers: { web1: { transport: here, path: /x } } }',
    '',
  ];
  const text = [...head, ...servers, ...tail].join('\n');
  expect(await addServer('cutover.yaml', text, web9)).toBe(
    [...head, ...servers, `            ${LINE}`, ...tail].join('\n'),
  );
});

test.each([
  [
    'a block',
    'environments:\n  production:\n    servers:\n      web1:\n        transport: here\n        path: /srv\n',
    `      ${LINE}\n`,
  ],
  [
    'no newline at the end',
    'environments:\n  production:\n    servers:\n      web1: { path: /srv }',
    `\n      ${LINE}`,
  ],
])('behind %s', async (_, text, added) => {
  expect(await addServer('cutover.yml', text, web9)).toBe(text + added);
});

test('inside of braces, and in JSON', async () => {
  expect(
    await addServer('c.yaml', 'environments: { production: { servers: { web1: { path: /a } } } }\n', web9),
  ).toBe(`environments: { production: { servers: { web1: { path: /a }, ${LINE} } } }\n`);
  const json = JSON.stringify(
    { environments: { production: { servers: { web1: { path: '/a' } } } } },
    null,
    2,
  );
  expect(JSON.parse((await addServer('c.json', json, web9))!)).toEqual({
    environments: { production: { servers: { web1: { path: '/a' }, web9: web9.entry } } },
  });
});

test('where its place cannot be told, nothing is made up', async () => {
  expect(await addServer('cutover.config.ts', 'export default {}', web9)).toBeNull();
  const alias = 'x: &all { web1: { path: /a } }\nenvironments: { production: { servers: *all } }\n';
  expect(await addServer('c.yaml', alias, web9)).toBeNull();
  expect(await entryText(web9)).toBe(LINE);
});
