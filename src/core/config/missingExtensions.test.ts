import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError, messageOf } from '../contract/index.ts';
import { loadConfig } from './loadConfig.ts';
import { fakeExtensions } from './testing/extensions.ts';
import { folderWith } from './testing/folder.ts';
import { load, production } from './testing/load.ts';

const small = production();

test('a plugin that is missing is named with its place', async () => {
  const error = load(production('servers: { web1: { transport: warp, path: /srv } }'));
  await expect(error).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: 'cutover.yaml:5:35  environments.production.servers.web1.transport: No plugin has "warp".',
    hint: 'cutover plugins install cutover-warp',
  });
});

test.for([
  ['drian: 0.1', 'unknown key; did you mean "drain"?'],
  ['pigeons: 2', 'unknown key; expected one of directory, drain'],
] as const)('an extension that names its keys by itself is helped to guess: %s', async ([option, told]) => {
  const parse = (raw: object) => {
    const issues = Object.keys(raw).map((key) => ({
      path: [key],
      message: 'unknown key; expected one of directory, drain',
    }));
    throw Object.assign(new Error('wrong options'), { issues });
  };
  const hook = async () => ({ parse: parse as never, create: parse as never });
  const text = production(`hooks: { always: [{ balancer: { ${option} } }] }`);
  const directory = await folderWith({ 'cutover.yaml': text });
  const extensions = { ...fakeExtensions, hook };
  const error = await loadConfig(join(directory, 'cutover.yaml'), { extensions, directory }).catch(messageOf);
  expect(error).toMatch(new RegExp(`balancer\\.${option.split(':')[0]}: ${told.replace('?', '\\?')}$`));
});

test('of several that are missing all hints are told, and guesses where they belong', async () => {
  const named: Readonly<Record<string, string>> = {
    pong: 'Did you mean "ping"?',
    slcak: 'There are the notifiers post.',
    warp: 'There are the transports wire.',
  };
  const gone = (name: string) =>
    Promise.reject(new CutoverError('E_PLUGIN', `No plugin has "${name}".`, { hint: named[name] ?? '' }));
  const extensions = { transport: gone, hook: gone, notifier: gone, source: gone };
  const directory = await folderWith({
    'cutover.yaml': production(
      'servers: { web1: { transport: warp, path: /srv }, web2: { transport: warp, path: /srv } }',
      'hooks: { always: [{ pong: {} }] }',
      'notify: [{ slcak: {} }]',
    ),
  });
  await expect(loadConfig(join(directory, 'cutover.yaml'), { extensions, directory })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('hooks.always[0].pong: No plugin has "pong". Did you mean "ping"?'),
    hint: 'There are the transports wire.\nThere are the notifiers post.',
  });
});

test('what a package would bring that is listed wrongly is not missing, too', async () => {
  const text = production('servers: { web1: { transport: warp, path: /srv } }');
  await expect(load(`plugins: ["cutover-warp@^1"]\n${text}`)).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringMatching(/^One thing is wrong in cutover\.yaml:\n.*plugins\[0\]/),
  });
});

test('a plugin that breaks while reading is named, and what it said may be secret', async () => {
  const directory = await folderWith({ 'cutover.yaml': small });
  const parse = () => {
    throw new TypeError('cannot read hunter2');
  };
  const extensions = { ...fakeExtensions, transport: async () => ({ parse, create: parse }) };
  await expect(loadConfig(join(directory, 'cutover.yaml'), { extensions })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: 'The transport here could not read environments.production.servers.web1: it threw TypeError.',
  });
});

test('a source of a plugin comes with what the plugin made of its options', async () => {
  const text = production().replace('{ git: . }', '{ wire: { host: h, port: 22 }, exclude: [docs/] }');
  const { source } = await load(text);
  expect(source).toEqual({
    type: 'plugin',
    name: 'wire',
    options: { host: 'h', port: 22 },
    secrets: [],
    exclude: ['docs/'],
    deadlineMs: null,
  });
  const longer = await load(text.replace('exclude: [docs/]', 'deadline: 90m'));
  expect(longer.source).toMatchObject({ name: 'wire', exclude: [], deadlineMs: 5_400_000 });
  await expect(load(text.replace('wire', 'pigeon'))).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('2:11  source.pigeon: No plugin has "pigeon".'),
  });
});

test('what a name may have meant is told beside other issues too', async () => {
  const guess = new CutoverError('E_PLUGIN', 'No plugin has "pong".', { hint: 'Did you mean "ping"?' });
  const extensions = { ...fakeExtensions, hook: () => Promise.reject(guess) };
  const text = production('keep: 0', 'hooks: { always: [{ pong: {} }] }');
  const directory = await folderWith({ 'cutover.yaml': text });
  const error = await loadConfig(join(directory, 'cutover.yaml'), { extensions, directory }).catch(messageOf);
  expect(error).toContain('hooks.always[0].pong: No plugin has "pong". Did you mean "ping"?');
  expect(error).toContain('environments.production.keep');
});
