import { expect, test } from 'vitest';
import { load, production, wrong } from './testing/load.ts';

test('a headline counts, and the hint says that nothing happened', async () => {
  const error = load(production('keep: 0', 'brnch: main'));
  await expect(error).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringMatching(/^2 things are wrong in cutover\.yaml:\n/),
    hint: 'Correct cutover.yaml; nothing was contacted.',
  });
});

test('all issues are told at once, in the order of the file, in columns', async () => {
  const text = production(
    'brnch: main',
    'keep: 0',
    'servers:',
    '  web1: { transport: wire, hots: a, path: srv }',
    '  web2: { transport: warp, path: /srv }',
  );
  expect(await wrong(text)).toEqual([
    'cutover.yaml:5:5   environments.production.brnch: unknown key; did you mean "branch"?',
    'cutover.yaml:6:11  environments.production.keep: expected an integer of 1 or more, or "all"; found 0',
    'cutover.yaml:8:7   environments.production.servers.web1.host: missing; expected a text',
    'cutover.yaml:8:32  environments.production.servers.web1.hots: unknown key; did you mean "host"?',
    'cutover.yaml:8:47  environments.production.servers.web1.path: expected an absolute path, or one that starts with ~/, without . and .. and not the root directory; found "srv"',
    'cutover.yaml:9:26  environments.production.servers.web2.transport: No plugin has "warp".',
  ]);
});

const E = 'environments.production';

test.each([
  ['keep: many', `${E}.keep: expected an integer of 1 or more, or "all"; found "many"`],
  ['keep: 1.5', `${E}.keep: expected an integer of 1 or more, or "all"; found 1.5`],
  ['keep:', `${E}.keep: expected an integer of 1 or more, or "all"; found an empty value`],
  ['link: softlink', `${E}.link: expected "auto" or "hardlink" or "reflink" or "copy"; found "softlink"`],
  ['unshare: "*.db"', `${E}.unshare: expected a list of patterns; found "*.db"`],
  ['strategy: rolling', `${E}.strategy: expected "parallel" or "sequential"; found "rolling"`],
  ['batch: 0', `${E}.batch: expected an integer of 1 or more; found 0`],
  ['batch: 101%', `${E}.batch: expected how many servers, or a percentage such as "25%"; found "101%"`],
  ['onFailure: revert', `${E}.onFailure: expected "revert-all", "revert-server" or "keep"; found "revert"`],
  ['maxUnreachable: -1', `${E}.maxUnreachable: expected an integer of 0 or more; found -1`],
  ['concurrency: { logins: 0 }', `${E}.concurrency.logins: expected an integer of 1 or more; found 0`],
  [
    'commands: { postLaunch: [{ run: x, on: web1 }] }',
    `${E}.commands.postLaunch[0].on: expected "all", "first", "last", "once", "rest", "role:NAME" or "server:NAME"; found "web1"`,
  ],
  [
    'commands: { postLaunch: [{ run: x, when: always }] }',
    `${E}.commands.postLaunch[0].when: expected "first-deploy" or { changed: [PATTERN, …] }; found "always"`,
  ],
  ['branch: 1.10', `${E}.branch: expected the name of a branch or tag; found the number 1.1`],
  ['branch: --upload-pack=x', `${E}.branch: expected the name of a branch or tag; found "--upload-pack=x"`],
  ['servers: {}', `${E}.servers: expected at least one server; found an empty object`],
  ['servers: [a]', `${E}.servers: expected servers by name, at least one; found a list`],
  [
    'servers: { 12: { transport: here, path: /srv } }',
    `${E}.servers.12: expected a name of letters, digits, dot, underscore and hyphen, at most 64, not digits only; found "12"`,
  ],
  [
    'servers: { web1: { path: /srv } }',
    `${E}.servers.web1.transport: missing; expected the name of a transport`,
  ],
  ['commands: { postUpload: make }', `${E}.commands.postUpload: expected a list of commands; found "make"`],
  [
    'commands: { postUpload: [{ run: make, onn: all }] }',
    `${E}.commands.postUpload[0].onn: unknown key; did you mean "on"?`,
  ],
  [
    'commands: { postUpload: [{ run: make, changed: ["*.css"] }] }',
    `${E}.commands.postUpload[0].changed: unknown key; did you mean "when: { changed: … }"?`,
  ],
  ['postLaunch: [make]', `${E}.postLaunch: unknown key; did you mean "commands: { postLaunch: … }"?`],
  [
    'commands: { postUpload: [{ run: make, cwd: current }] }',
    `${E}.commands.postUpload[0].cwd: expected "release" or "root"; found "current"`,
  ],
  [
    'commands: { postLaunch: [{ run: make, timeout: 5 }] }',
    `${E}.commands.postLaunch[0].timeout: expected a duration such as 500ms, 30s, 5m or 1h (at most 596h); found the number 5`,
  ],
  [
    'commands: { postLaunch: [7] }',
    `${E}.commands.postLaunch[0]: expected a command, or an object with run, on, when, retries, cwd, timeout, idleTimeout; found 7`,
  ],
  ['commands: { postLaunch: ["  "] }', `${E}.commands.postLaunch[0]: expected a command; found "  "`],
  [
    'hooks: { "after:activat": [] }',
    `${E}.hooks["after:activat"]: unknown key; did you mean "after:activate"?`,
  ],
  [
    'hooks: { "after:activate": { ping: {} } }',
    `${E}.hooks["after:activate"]: expected a list of hooks; found an object`,
  ],
  [
    'hooks: { always: [{ ping: { url: "https://example.com/" }, on: web }] }',
    `${E}.hooks.always[0].on: expected "all", "first", "last", "once", "rest", "role:NAME" or "server:NAME"; found "web"`,
  ],
  [
    'hooks: { always: [{ ping: { url: "https://example.com/" }, deadline: 5 }] }',
    `${E}.hooks.always[0].deadline: expected a duration such as 500ms, 30s, 5m or 1h (at most 596h); found the number 5`,
  ],
  [
    'hooks: { onFailure: [{ on: all }] }',
    `${E}.hooks.onFailure[0]: expected exactly one hook beside on, deadline: { NAME: { … } }; found an object`,
  ],
  [
    'hooks: { onRollback: [{ ping: { url: "https://example.com/" }, post: { url: { env: X } } }] }',
    `${E}.hooks.onRollback[0]: expected exactly one hook beside on, deadline: { NAME: { … } }; found an object`,
  ],
  [
    'hooks: { always: [{ ping: { url: "https://example.com/" }, deadlin: 5s }] }',
    `${E}.hooks.always[0].deadlin: unknown key; did you mean "deadline"?`,
  ],
  [
    'notify: [{ post: { url: { env: X } }, event: [failed] }]',
    `${E}.notify[0].event: unknown key; did you mean "events"?`,
  ],
  ['notify: [post]', `${E}.notify[0]: expected a notifier and its options: { NAME: { … } }; found "post"`],
  [
    'extra: 1',
    `${E}.extra: unknown key; expected one of branch, strategy, batch, pause, onFailure, maxUnreachable, concurrency, keep, shared, link, unshare, commands, servers, hooks, notify`,
  ],
  ['__proto__: 1', `${E}.__proto__: unknown key; expected one of branch`],
])('%s', async (line, expected) => {
  const lines = await wrong(production(line));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^cutover\.yaml:5:\d+ {2}/);
  expect(lines[0]).toContain(`  ${expected}`);
});

test.each([
  [
    '{ git: ., directory: dist }',
    'source: expected either { git: PATH } or { directory: PATH }, or a source of a plugin: { NAME: { … } }; found an object',
  ],
  [
    '{}',
    'source: expected either { git: PATH } or { directory: PATH }, or a source of a plugin: { NAME: { … } }; found an empty object',
  ],
  [
    'dist',
    'source: expected either { git: PATH } or { directory: PATH }, or a source of a plugin: { NAME: { … } }; found "dist"',
  ],
  ['{ gti: . }', 'source: expected either { git: PATH }'],
  ['{ wire: {}, here: {} }', 'source: expected either { git: PATH }'],
  ['{ wire: [] }', 'source: expected either { git: PATH }'],
  ['{ wire: { host: web }, exclude: 5 }', 'source.exclude: expected a list of patterns; found 5'],
  [
    '{ wire: { host: web }, deadline: soon }',
    'source.deadline: expected a duration such as 500ms, 30s, 5m or 1h (at most 596h); found "soon"',
  ],
  ['{ git: ., deadline: 5m }', 'source.deadline: does not go with its neighbours'],
  ['{ deadline: 5m }', 'source: expected either { git: PATH }'],
  ['{ wire: { hots: web, host: web } }', 'source.wire.hots: unknown key; did you mean "host"?'],
  ['{ wire: }', 'source.wire.host: missing; expected a text'],
  ['{ directory: dist, exclud: [a] }', 'source.exclud: unknown key; did you mean "exclude"?'],
  ['{ directory: dist, exclude: 5 }', 'source.exclude: expected a list of patterns; found 5'],
  ['{ git: ., exclud: [a] }', 'source.exclud: unknown key; did you mean "exclude"?'],
  ['{ directory: dist, subdirectory: a }', 'source.subdirectory: does not go with its neighbours'],
  ['{ git: ., subdirectory: ../x }', 'source.subdirectory: expected a path relative to the release'],
  [
    '{ git: "https://example.com/a.git" }',
    'source.git: expected the path of a local git repository; found "https',
  ],
  [
    '{ git: "git@example.com:a.git" }',
    'source.git: expected the path of a local git repository; found "git@',
  ],
])('source: %s', async (source, expected) => {
  const lines = await wrong(production().replace('{ git: . }', source));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^cutover\.yaml:2:\d+ {2}/);
  expect(lines[0]).toContain(`  ${expected}`);
});

test('what is misspelt beside a hook is told with all else that is wrong there, and is looked for in no plugin', async () => {
  const entry = '{ on: web, png: {}, ping: {}, deadlin: 5s }';
  const lines = await wrong(production(`hooks: { always: [${entry}] }`));
  expect(lines.map((line) => line.replace(/^cutover\.yaml:5:\d+ +/, ''))).toEqual([
    `${E}.hooks.always[0]: expected exactly one hook beside on, deadline: { NAME: { … } }; found an object`,
    `${E}.hooks.always[0].on: expected "all", "first", "last", "once", "rest", "role:NAME" or "server:NAME"; found "web"`,
    `${E}.hooks.always[0].png: No plugin has "png".`,
    `${E}.hooks.always[0].ping.url: missing; expected a text`,
    `${E}.hooks.always[0].deadlin: unknown key; did you mean "deadline"?`,
  ]);
});

test('a module has no lines, and tells the rest', async () => {
  const text = `export default { application: 'shop', source: { git: '.' }, environments: {
    production: { keep: 0, servers: { web1: { transport: 'here', path: '/srv', x: () => 1 } } } } };`;
  expect(await wrong(text, 'cutover.config.mjs')).toEqual([
    'cutover.config.mjs  environments.production.servers.web1.x: expected plain data; found a function',
  ]);
  expect(await wrong(text.replace(', x: () => 1', ''), 'cutover.config.mjs')).toEqual([
    'cutover.config.mjs  environments.production.keep: expected an integer of 1 or more, or "all"; found 0',
  ]);
});
