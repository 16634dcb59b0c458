import { expect, test } from 'vitest';
import { plainServer } from '../config/testing/plain.ts';
import type { HookConfig } from '../config/types.ts';
import { planDeployment } from './planDeployment.ts';
import type { plannedHooks } from './plannedHooks.ts';
import { planRollback } from './planRollback.ts';
import { A, B, environment, everywhere, facts, serving } from './testing/facts.ts';

const hook = (at: HookConfig['at'], name: string, changes: Partial<HookConfig> = {}): HookConfig => ({
  at,
  name,
  options: null,
  secrets: [],
  on: 'all',
  deadlineMs: null,
  ...changes,
});

/** In no order that anything runs in. */
const mixed = [
  hook('always', 'last'),
  hook('onFailure', 'alarm'),
  hook('onRollback', 'migrations'),
  hook('after:postLaunch', 'php-fpm'),
  hook('before:postUpload', 'build'),
  hook('after:activate', 'ping'),
  hook('before:activate', 'wait'),
  hook('after:postLaunch', 'cdn', { on: 'once' }),
  hook('after:prune', 'tidy'),
];

const brief = (hooks: ReturnType<typeof plannedHooks>) => hooks.map(({ point, name }) => `${point} ${name}`);

test('a deployment lists what it can come to, in the order in which it does', () => {
  const plan = planDeployment(facts(undefined, { environment: environment({ hooks: mixed }) }));
  expect(brief(plan.servers[0]!.hooks)).toEqual([
    'before:postUpload build',
    'before:activate wait',
    'after:activate ping',
    'after:postLaunch php-fpm',
    'after:postLaunch cdn',
    'after:prune tidy',
    'onFailure alarm',
    'always last',
  ]);
});

test('a rollback lists what it can come to: no hooks around what it does not do, and those of its own', () => {
  const plan = planRollback({
    application: 'shop',
    environment: environment({ hooks: mixed }),
    configuration: 'configured',
    observations: everywhere(serving([{ release: A }, { release: B }])),
    to: null,
  });
  expect(brief(plan.servers[0]!.hooks)).toEqual([
    'before:activate wait',
    'after:activate ping',
    'after:postLaunch php-fpm',
    'after:postLaunch cdn',
    'onRollback migrations',
    'after:prune tidy',
    'onFailure alarm',
    'always last',
  ]);
});

test('each server lists those that are meant for it, and says for whom they are', () => {
  const servers = ['web1', 'web2', 'web3'].map((name) =>
    plainServer(name, '/srv', { roles: name === 'web2' ? ['cron'] : [] }),
  );
  const wishes = ['all', 'first', 'once', 'rest', 'last', 'role:cron', 'server:web3'] as const;
  const chosen = environment({ servers, hooks: wishes.map((on) => hook('always', 'ping', { on })) });
  const listed = (isBroughtAgain: boolean) =>
    planDeployment(facts(undefined, { environment: chosen, isBroughtAgain })).servers.map(({ hooks }) =>
      hooks.map(({ on }) => on),
    );
  expect(listed(false)).toEqual([
    ['all', 'first', 'once'],
    ['all', 'rest', 'role:cron'],
    ['all', 'rest', 'last', 'server:web3'],
  ]);
  expect(listed(true)[0]).toEqual(['all', 'first']);
});

test('only the name of a hook and for whom it is stand in a plan, never what its options hold', () => {
  const secret = { env: 'PURGE_TOKEN' };
  const cdn = hook('always', 'cdn', {
    options: { url: 'https://user:hunter2@cdn.example.com/', token: secret },
    secrets: [secret],
    deadlineMs: 1_000,
  });
  const plan = planDeployment(facts(undefined, { environment: environment({ hooks: [cdn] }) }));
  expect(plan.servers[0]!.hooks).toEqual([{ point: 'always', name: 'cdn', on: 'all' }]);
  expect(JSON.stringify(plan)).not.toMatch(/hunter2|PURGE_TOKEN/);
});
