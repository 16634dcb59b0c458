import { expect, test } from 'vitest';
import type { PlannedHook } from '../../core/plan/types.ts';
import { createStyle } from '../style.ts';
import { samplePlan, sampleServer } from '../testing/samples.ts';
import { renderPlan } from './plan.ts';

const hook = (point: PlannedHook['point'], name: string, on: PlannedHook['on'] = 'all'): PlannedHook => ({
  point,
  name,
  on,
});

/** The lines between the servers and the closing. */
function shownFor(hooks: Readonly<Record<string, readonly PlannedHook[]>>, kind: 'deploy' | 'rollback') {
  const servers = Object.entries(hooks).map(([name, own]) => sampleServer(name, { hooks: own }));
  const lines = renderPlan(samplePlan([], { kind, servers }), createStyle(false), {
    verbose: false,
    file: null,
  });
  const begin = lines.indexOf('Hooks');
  return begin < 0 ? [] : lines.slice(begin, lines.indexOf('', begin));
}

test('hooks of one server are listed by point', () => {
  const hooks = [
    hook('before:activate', 'wait'),
    hook('after:postLaunch', 'http-check', 'first'),
    hook('after:postLaunch', 'cdn', 'once'),
    hook('onFailure', 'php-fpm'),
  ];
  expect(shownFor({ web1: hooks }, 'deploy')).toEqual([
    'Hooks',
    '  before:activate   wait',
    '  after:postLaunch  http-check, cdn',
    '  onFailure         php-fpm',
  ]);
});

test('the same hooks of three servers are listed once, and the servers stay together', () => {
  const same = [hook('after:postLaunch', 'php-fpm'), hook('always', 'command')];
  expect(shownFor({ web1: same, web2: same, web3: same }, 'deploy')).toEqual([
    'Hooks',
    '  after:postLaunch  php-fpm',
    '  always            command',
  ]);
});

test('hooks that are not those of every server have the servers in front, and keep servers together', () => {
  const all = hook('after:postLaunch', 'php-fpm');
  const always = hook('always', 'command', 'last');
  const hooks = {
    web1: [all, hook('after:postLaunch', 'http-check', 'first')],
    web2: [all],
    web3: [all, always],
  };
  expect(shownFor(hooks, 'deploy')).toEqual([
    'Hooks',
    '  after:postLaunch  web1: php-fpm, http-check',
    '                    web2, web3: php-fpm',
    '  always            web3: command',
  ]);
  const servers = Object.entries(hooks).map(([name, own]) => sampleServer(name, { hooks: own }));
  const lines = renderPlan(samplePlan([], { servers }), createStyle(false), { verbose: false, file: null });
  expect(lines).toContain('web1, web2, web3 (3 servers)');
});

test('those of a rollback stand where it comes to them', () => {
  const hooks = [hook('after:postLaunch', 'php-fpm'), hook('onRollback', 'migrations')];
  expect(shownFor({ web1: hooks }, 'rollback')).toEqual([
    'Hooks',
    '  after:postLaunch  php-fpm',
    '  onRollback        migrations',
  ]);
});

test('where there are none, nothing is said', () => {
  expect(shownFor({ web1: [], web2: [] }, 'deploy')).toEqual([]);
});

test('what a name does to a terminal is told, not done', () => {
  expect(shownFor({ web1: [hook('always', 'a\x1b[2J')] }, 'deploy')).toEqual([
    'Hooks',
    '  always  a\\x1B[2J',
  ]);
});
