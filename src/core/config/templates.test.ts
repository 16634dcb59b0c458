import { expect, test } from 'vitest';
import { load, wrong } from './testing/load.ts';

/** Templates from line 3, servers behind them. */
function text(templates: readonly string[], servers: readonly string[]): string {
  const indent = (lines: readonly string[], by: string) => lines.map((line) => by + line);
  return [
    'application: shop',
    'source: { git: . }',
    ...(templates.length > 0 ? ['templates:', ...indent(templates, '  ')] : []),
    'environments:',
    '  production:',
    '    servers:',
    ...indent(servers, '      '),
    '',
  ].join('\n');
}

const WEB = 'web: { transport: wire, path: /srv, port: 2222, roles: [web, cron], retry: { times: 2 } }';
const servers = async (...lines: Parameters<typeof text>) =>
  (await load(text(...lines))).environments.production!.servers;

test('a server has the keys of its template; own ones win, lists and objects are replaced', async () => {
  expect(
    await servers(
      [WEB],
      [
        'web1: { extends: web, host: a }',
        'web2: { roles: [web], retry: {}, extends: web, host: b, port: 22 }',
      ],
    ),
  ).toEqual([
    {
      name: 'web1',
      transport: 'wire',
      path: '/srv',
      roles: ['web', 'cron'],
      options: { host: 'a', port: 2222, retry: { times: 2 } },
      secrets: [],
    },
    {
      name: 'web2',
      transport: 'wire',
      path: '/srv',
      roles: ['web'],
      options: { host: 'b', port: 22, retry: {} },
      secrets: [],
    },
  ]);
});

test('a server extends another one, before or behind it, and a template a template', async () => {
  const templates = [
    'web: { extends: base, port: 2 }',
    'base: { transport: wire, path: /srv, port: 1, user: u }',
  ];
  const found = await servers(templates, [
    'web1: { extends: web2, host: a }',
    'web2: { extends: web, host: b, path: /two }',
  ]);
  expect(found.map(({ path, options }) => ({ path, options }))).toEqual([
    { path: '/two', options: { host: 'a', port: 2, user: 'u' } },
    { path: '/two', options: { host: 'b', port: 2, user: 'u' } },
  ]);
});

test('a JSON file and a module have templates, too', async () => {
  const config = {
    application: 'shop',
    source: { git: '.' },
    templates: { web: { transport: 'here', path: '/srv' } },
    environments: { production: { servers: { web1: { extends: 'web' } } } },
  };
  expect(
    (await load(JSON.stringify(config), 'cutover.config.json')).environments.production!.servers,
  ).toMatchObject([{ path: '/srv' }]);
  const bad = { ...config, templates: { web: { transport: 'here', path: 'srv' } } };
  expect(await wrong(`export default ${JSON.stringify(bad)}`, 'cutover.config.mjs')).toEqual([
    expect.stringMatching(/^cutover.config.mjs {2}templates.web.path: expected an absolute path/),
  ]);
});

const P = 'environments.production.servers';

test.each([
  [
    'a name that nobody has',
    [WEB],
    ['web1: { extends: wbe, host: a }'],
    [
      `cutover.yaml:8:24  ${P}.web1.extends: there is no template and no server of this environment "wbe"; did you mean "web"?`,
    ],
  ],
  [
    'a template that is none',
    ['web: { extends: wab }', 'wxb: { transport: here }'],
    ['web1: { transport: here, path: /srv }'],
    ['cutover.yaml:4:19  templates.web.extends: there is no template "wab"; did you mean "wxb"?'],
  ],
  [
    'a server as the base of a template',
    ['web: { extends: web1, path: /x }'],
    ['web1: { transport: here, path: /srv }'],
    ['cutover.yaml:4:19  templates.web.extends: there is no template "web1"'],
  ],
  [
    'itself',
    [],
    ['web1: { extends: web1, transport: here, path: /srv }'],
    [`cutover.yaml:6:24  ${P}.web1.extends: goes in a circle: "web1" extends "web1"`],
  ],
  [
    'a circle',
    ['a: { extends: b }', 'b: { extends: a }'],
    ['web1: { transport: here, path: /srv, extends: a }'],
    [
      'cutover.yaml:4:17  templates.a.extends: goes in a circle: "b" extends "a" extends "b"',
      'cutover.yaml:5:17  templates.b.extends: goes in a circle: "a" extends "b" extends "a"',
    ],
  ],
  [
    'a name of two',
    [WEB],
    ['web: { transport: here, path: /srv }', 'web1: { extends: web, host: a }'],
    [
      `cutover.yaml:9:24  ${P}.web1.extends: "web" is a template and a server; one of them needs another name`,
    ],
  ],
  [
    'no name',
    [],
    ['web1: { transport: here, path: /srv, extends: [a] }'],
    [`cutover.yaml:6:53  ${P}.web1.extends: expected the name of a template or of a server; found a list`],
  ],
  [
    'a template that is no object',
    ['web: here'],
    ['web1: { transport: here, path: /srv }'],
    ['cutover.yaml:4:8  templates.web: expected an object with keys of a server; found "here"'],
  ],
])('is refused: %s', async (_, templates, lines, issues) => {
  expect(await wrong(text(templates, lines))).toEqual(issues);
});

test('what is wrong in a template is told once, where it stands', async () => {
  const template = ['web:', '  transport: wire', '  path: srv', '  pord: 1', '  retry: { times: x }'];
  expect(
    await wrong(text(template, ['web1: { extends: web, host: a }', 'web2: { extends: web1, host: 5 }'])),
  ).toEqual([
    expect.stringMatching(/^cutover.yaml:6:11 {3}templates.web.path: expected an absolute path/),
    'cutover.yaml:7:5    templates.web.pord: unknown key; did you mean "port"?',
    'cutover.yaml:8:21   templates.web.retry.times: expected a number; found "x"',
    `cutover.yaml:13:36  ${P}.web2.host: expected a text; found the number 5`,
  ]);
});

test('a template that no server extends may lack anything, and nothing in it may be wrong', async () => {
  expect(
    await servers(
      ['web: { transport: wire, port: 1 }', 'base: {}'],
      ['web1: { transport: here, path: /srv }'],
    ),
  ).toHaveLength(1);
  expect(
    await wrong(
      text(
        ['web: { transport: wire, pord: 1, user: 5, path: srv }'],
        ['web1: { transport: here, path: /srv }'],
      ),
    ),
  ).toEqual([
    expect.stringMatching(/^cutover.yaml:4:27 {2}templates.web.pord: unknown key; did you mean "port"\?/),
    expect.stringMatching(/^cutover.yaml:4:42 {2}templates.web.user: expected a text/),
    expect.stringMatching(/^cutover.yaml:4:51 {2}templates.web.path: expected an absolute path/),
  ]);
});

test('what a server lacks in spite of its template is told at the server', async () => {
  expect(await wrong(text(['web: { transport: wire }'], ['web1: { extends: web }']))).toEqual([
    `cutover.yaml:8:7  ${P}.web1.path: missing; expected an absolute path, or one that starts with ~/, without . and .. and not the root directory`,
    `cutover.yaml:8:7  ${P}.web1.host: missing; expected a text`,
  ]);
});
