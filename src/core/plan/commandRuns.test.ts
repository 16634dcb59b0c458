import { expect, test } from 'vitest';
import { plainCommand } from '../config/testing/plain.ts';
import type { CommandConfig } from '../config/types.ts';
import { type CommandPlace, chosen, commandRuns, commandTexts } from './commandRuns.ts';

const NAMES = ['web1', 'web2', 'web3'];

function place(name: string, changes: Partial<CommandPlace> = {}): CommandPlace {
  const index = NAMES.indexOf(name);
  return {
    name,
    roles: name === 'web2' ? ['cron', 'db'] : [],
    index,
    isLast: index === 2,
    isFirstDeploy: false,
    changed: [],
    isBroughtAgain: false,
    ...changes,
  };
}

const runs = (command: Partial<CommandConfig>, on: CommandPlace) =>
  commandRuns({ postUpload: [plainCommand('x', command)], postLaunch: [] }, on).postUpload.length === 1;

test.each([
  ['all', ['web1', 'web2', 'web3']],
  ['first', ['web1']],
  ['once', ['web1']],
  ['last', ['web3']],
  ['rest', ['web2', 'web3']],
  ['role:db', ['web2']],
  ['role:mail', []],
  ['server:web3', ['web3']],
] as const)('on %s it runs on %j', (on, expected) => {
  expect(NAMES.filter((name) => runs({ on }, place(name)))).toEqual(expected);
});

test('what runs once for a release does not run again when more servers get it', () => {
  expect(runs({ on: 'once' }, place('web1', { isBroughtAgain: true }))).toBe(false);
  expect(runs({ on: 'first' }, place('web1', { isBroughtAgain: true }))).toBe(true);
});

test('for the first deployment, only where nothing is live', () => {
  const when = { type: 'first-deploy' } as const;
  expect(runs({ when }, place('web1', { isFirstDeploy: true }))).toBe(true);
  expect(runs({ when }, place('web1'))).toBe(false);
});

test.each([
  [['composer.lock'], ['composer.lock'], true],
  [['composer.lock'], ['src/composer.lock'], true],
  [['/composer.lock'], ['src/composer.lock'], false],
  [['migrations/'], ['db/migrations/1.sql'], true],
  [['*.sql', '!keep.sql'], ['keep.sql'], false],
  [['*.sql'], [], false],
  [['*.sql'], null, true],
])('changes that %j match, where %j changed: %s', (patterns, changed, expected) => {
  expect(runs({ when: { type: 'changed', patterns } }, place('web1', { changed }))).toBe(expected);
});

test('both say where the place of a command is in the configuration', () => {
  const commands = {
    postUpload: [plainCommand('a', { on: 'last' }), plainCommand('b'), plainCommand('c')],
    postLaunch: [plainCommand('d', { on: 'server:web1' })],
  };
  const on1 = commandRuns(commands, place('web1'));
  expect(on1).toEqual({ postUpload: [1, 2], postLaunch: [0] });
  expect(commandTexts(commands, on1)).toEqual({ postUpload: ['b', 'c'], postLaunch: ['d'] });
  expect(chosen(commands.postLaunch, [0, 7]).map(({ run }) => run)).toEqual(['d']);
});
