import { expect, test } from 'vitest';
import { pluginStarter } from './request.ts';

test.for([
  ['pigeon', 'cutover-plugin-pigeon', 'pigeon'],
  ['cutover-plugin-pigeon', 'cutover-plugin-pigeon', 'pigeon'],
  ['@me/pigeon', '@me/pigeon', 'pigeon'],
  ['@me/cutover-plugin-pigeon', '@me/cutover-plugin-pigeon', 'pigeon'],
] as const)('%s is a package and a name in configurations', ([text, packageName, name]) => {
  expect(pluginStarter(text, ['hook'])).toEqual({ packageName, name, kinds: ['hooks'] });
});

test('each kind counts once', () => {
  const { kinds } = pluginStarter('pigeon', ['source', 'transport', 'source', 'notifier', 'hook']);
  expect(kinds).toEqual(['transports', 'notifiers', 'hooks', 'sources']);
});

test.for([
  [
    ['target'],
    'Target kinds cannot be brought by plugins yet.',
    'A plugin brings: transport, notifier, hook, source.',
  ],
  [['hok'], '"hok" is nothing that a plugin brings.', 'Did you mean "hook"?'],
  [['hook', 'pigeon'], '"pigeon" is nothing that a plugin brings.', 'A plugin brings: '],
  [['hook', 'command'], 'Commands of a plugin are written by hand.', 'docs/plugins.md, "A command"'],
] as const)('%j is refused', ([words, message, hint]) => {
  expect(() => pluginStarter('pigeon', words)).toThrow(
    expect.objectContaining({ code: 'E_USAGE', message, hint: expect.stringContaining(hint) }),
  );
});

test.for(['Pigeon', '../pigeon', 'a b', '', '@me', '@me/', 'a/b', `x${'x'.repeat(214)}`, "a'b", 'é'])(
  '%j is no name of a package',
  (text) => {
    expect(() => pluginStarter(text, ['hook'])).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  },
);

test('a word that is a key of the configuration is refused, as the registry refuses it', () => {
  expect(() => pluginStarter('deadline', ['hook'])).toThrow(
    expect.objectContaining({
      code: 'E_USAGE',
      message: 'A plugin of this name calls a hook "deadline", which is a key of the configuration itself.',
    }),
  );
  expect(() => pluginStarter('git', ['source'])).toThrow('calls a source "git"');
  expect(pluginStarter('git', ['hook']).name).toBe('git');
});
