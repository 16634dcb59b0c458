import { expect, test } from 'vitest';
import {
  CutoverError,
  defineExtension,
  type Extension,
  type Plugin,
  type Source,
  type Transport,
} from '../contract/index.ts';
import { createRegistry } from './registry.ts';

const closed = Promise.withResolvers<null>().promise;
const transport = defineExtension<null, Transport>({
  parse: () => null,
  create: () => ({ address: 'nowhere', connect: async () => ({ closed, close: async () => {} }) }),
});

const addressOf = (extension: Extension<Transport>) => extension.create(null, null as never).address;

const plugin = (name: string, ...transports: readonly string[]): Plugin => ({
  api: 1,
  name,
  transports: Object.fromEntries(transports.map((each) => [each, async () => transport])),
});

test('what a plugin brings is found by its name, and loaded only when it is asked for', async () => {
  let loads = 0;
  const lazy: Plugin = {
    api: 1,
    name: 'lazy',
    transports: {
      pigeon: async () => {
        loads++;
        return transport;
      },
    },
  };
  const registry = createRegistry([plugin('one', 'wire'), lazy]);
  expect(loads).toBe(0);
  expect(addressOf(await registry.transport('pigeon'))).toBe('nowhere');
  expect(loads).toBe(1);
});

test('a name may stand for things of different kinds', async () => {
  const registry = createRegistry([{ ...plugin('one', 'ping'), notifiers: {}, hooks: {} }]);
  expect(addressOf(await registry.transport('ping'))).toBe('nowhere');
  await expect(registry.hook('ping')).rejects.toMatchObject({ code: 'E_PLUGIN' });
});

test.for(['on', 'deadline', 'events', 'text'])(
  'nothing is called "%s", which stands beside names',
  (name) => {
    expect(() => createRegistry([plugin('one', name)])).toThrow(
      expect.objectContaining({
        code: 'E_PLUGIN',
        message: `The plugin one calls a transport "${name}", which is a key of the configuration itself.`,
      }),
    );
  },
);

test('a name that nobody brings is an error that helps', async () => {
  const registry = createRegistry([plugin('one', 'openssh', 'ssh2')]);
  await expect(registry.transport('ssh3')).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: 'No installed plugin brings a transport called "ssh3".',
    hint: 'Did you mean "ssh2"?',
  });
  await expect(registry.transport('pigeon')).rejects.toMatchObject({
    hint: 'There are the transports openssh, ssh2. If a package brings it: cutover plugins install PACKAGE',
  });
});

test.for(['constructor', '__proto__', 'toString', ''])('%j is no name of a plugin', async (name) => {
  await expect(createRegistry([plugin('one', 'wire')]).transport(name)).rejects.toMatchObject({
    code: 'E_PLUGIN',
  });
});

test('where nothing of a kind is installed that is said', async () => {
  await expect(createRegistry([]).notifier('slack')).rejects.toMatchObject({
    code: 'E_PLUGIN',
    hint: 'There are no notifiers. If a package brings it: cutover plugins install PACKAGE',
  });
  await expect(createRegistry([]).source('svn')).rejects.toMatchObject({
    hint: expect.stringMatching(/^There are no sources besides git and directory\. /),
  });
});

test('two plugins with the same name for something are refused, naming both', () => {
  expect(() => createRegistry([plugin('one', 'wire'), plugin('two', 'wire')])).toThrow(
    expect.objectContaining({
      code: 'E_PLUGIN',
      message: 'Two plugins bring a transport called wire: one, and two, which came later.',
      hint: 'cutover plugins uninstall two\nOr without the other one: cutover plugins uninstall one',
    }),
  );
});

test.for([
  [undefined, 'gives nothing to work with'],
  [Promise.resolve({}), 'gives a promise'],
  [{}, 'without a function "run"'],
  [{ run() {}, interrupted: 'maybe' }, '"interrupted" as "maybe"; expected again, skip or fail'],
  [{ run() {}, refuse: [] }, '"refuse" as something other than a function'],
  [{ run() {}, deadlineMs: '5s' }, '"deadlineMs" as something other than milliseconds'],
  [
    { run() {}, deadlineMs: 2 ** 31 },
    '"deadlineMs" as something other than milliseconds, at most 2147483647',
  ],
] as const)('what is no hook is refused as soon as it is made: %j', async ([made, why]) => {
  const hooks = { ping: async () => ({ parse: () => null, create: () => made as never }) };
  const extension = await createRegistry([{ api: 1, name: 'one', hooks }]).hook('ping');
  expect(() => extension.create(null, null as never)).toThrow(
    expect.objectContaining({ code: 'E_PLUGIN', message: expect.stringContaining(why) }),
  );
});

test('one whose create throws names it and its plugin, unless the error says what it is', async () => {
  const creating = async (error: unknown) => {
    const create = () => {
      throw error;
    };
    const hooks = { ping: async () => ({ parse: () => null, create }) };
    return (await createRegistry([{ api: 1, name: 'one', hooks }]).hook('ping')).create;
  };
  const broken = await creating(new TypeError('no luck'));
  expect(() => broken(null, null as never)).toThrow(
    expect.objectContaining({
      code: 'E_PLUGIN',
      message: 'The hook ping of the plugin one cannot be used: its create failed: no luck',
      hint: 'cutover plugins uninstall one',
    }),
  );
  const lacking = new CutoverError('E_CAPABILITY', 'There is no agent.');
  const telling = await creating(lacking);
  expect(() => telling(null, null as never)).toThrow(lacking);
});

test.for([[2], ['1']] as const)('a plugin made for version %j of the contract is refused', ([api]) => {
  expect(() => createRegistry([{ ...plugin('new', 'wire'), api } as unknown as Plugin])).toThrow(
    expect.objectContaining({
      code: 'E_PLUGIN',
      message: expect.stringContaining('The plugin new is made for version'),
    }),
  );
});

test.for([[null], [undefined], ['x'], [42]] as const)('%j is no plugin', ([thing]) => {
  expect(() => createRegistry([thing as unknown as Plugin])).toThrow(
    expect.objectContaining({ code: 'E_PLUGIN' }),
  );
});

test.for([[new Error('no such file')], ['a string'], [null]] as const)(
  'an extension that cannot be loaded names its plugin: %s',
  async ([reason]) => {
    const broken: Plugin = { api: 1, name: 'broken', transports: { wire: () => Promise.reject(reason) } };
    await expect(createRegistry([broken]).transport('wire')).rejects.toMatchObject({
      code: 'E_PLUGIN',
      message: expect.stringMatching(/^The transport wire of the plugin broken could not be loaded: /),
    });
  },
);

test('a source is found as anything else', async () => {
  const source = defineExtension<string, Source>({
    parse: () => 'parsed',
    create: () => ({ fetch: async () => ({ revision: null }) }),
  });
  const brings: Plugin = { api: 1, name: 'archives', sources: { archive: async () => source } };
  const registry = createRegistry([brings]);
  expect((await registry.source('archive')).parse({})).toBe('parsed');
  await expect(registry.source('archives')).rejects.toMatchObject({ hint: 'Did you mean "archive"?' });
});
