import { expect, test } from 'vitest';
import type { HookConfig } from '../config/types.ts';
import { differences } from './compare.ts';
import { isSealed, sealPlan } from './digest.ts';
import { planDeployment } from './planDeployment.ts';
import { A, cacheOf, environment, everywhere, facts, serving } from './testing/facts.ts';
import type { Plan, ServerPlan } from './types.ts';

const observations = everywhere(
  serving([{ release: A, revision: 'old' }], { cache: cacheOf({ gone: 'x' }) }),
);
const always: HookConfig = {
  at: 'always',
  name: 'ping',
  options: null,
  secrets: [],
  on: 'all',
  deadlineMs: null,
};
const plan = planDeployment(
  facts({ 'index.html': 'one' }, { observations, environment: environment({ hooks: [always] }) }),
);

const resealed = ({ digest: _, ...rest }: Plan): Plan => sealPlan(rest);

function with1(change: (server: ServerPlan) => ServerPlan): Plan {
  const [web1, ...others] = plan.servers;
  return { ...plan, servers: [change(web1!), ...others] };
}

test('a plan that was not touched is sealed, also after a trip through a file', () => {
  expect(isSealed(plan)).toBe(true);
  const saved = JSON.parse(JSON.stringify(plan, null, 2)) as Plan;
  expect(isSealed(saved)).toBe(true);
  expect(differences(saved, plan)).toEqual([]);
  const turned = Object.fromEntries(Object.entries(saved).reverse()) as unknown as Plan;
  expect(isSealed(turned)).toBe(true);
});

/** Every place of a plan with a value of its own. */
function places(
  value: unknown,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.length === 0 ? [path] : keys.flatMap((key) => places((value as never)[key], [...path, key]));
}

function edited(path: readonly (string | number)[]): Plan {
  const copy = structuredClone(plan) as unknown as Record<string | number, unknown>;
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as typeof at, copy);
  const last = path.at(-1)!;
  parent[last] = typeof parent[last] === 'number' ? (parent[last] as number) + 1 : 'edited';
  return copy as unknown as Plan;
}

const PLACES = places(plan);

test('a plan that was edited at any place is not sealed', () => {
  expect(PLACES.length).toBeGreaterThan(50);
  for (const path of PLACES) expect([path, isSealed(edited(path))]).toEqual([path, false]);
  const { notes: _, ...less } = plan;
  expect(isSealed(less as Plan)).toBe(false);
  expect(isSealed({ ...plan, more: 1 } as Plan)).toBe(false);
});

test('a plan that is another at any place is stale, and says so', () => {
  for (const path of PLACES) {
    if (path[0] === 'digest') continue;
    expect([path, differences(plan, resealed(edited(path))).length > 0]).toEqual([path, true]);
  }
});

test.for<readonly [string, Plan]>([
  ['the configuration has changed', { ...plan, configuration: 'other' }],
  ['the source has changed', { ...plan, manifest: 'other' }],
  ['the revision is def, not abc', { ...plan, revision: 'def' }],
  [
    'a release 20300101000000 would be made, because newer ones exist',
    { ...plan, release: '20300101000000' },
  ],
  ['the servers are web1, not web1, web2', { ...plan, servers: plan.servers.slice(0, 1) }],
  [
    'web1: current leads to nothing, not to releases/20260101000001',
    with1((server) => ({ ...server, expects: { ...server.expects, current: null } })),
  ],
  [
    'web1: current leads to releases/20260101000001, which does not exist any more',
    with1((server) => ({ ...server, expects: { ...server.expects, dangling: true } })),
  ],
  [
    'web1: the deploy path is /mnt/shop, not /srv/shop',
    with1((server) => ({ ...server, expects: { ...server.expects, realPath: '/mnt/shop' } })),
  ],
  [
    'web1: its ledger has new lines: somebody deployed or rolled back',
    with1((server) => ({ ...server, expects: { ...server.expects, ledger: 'other' } })),
  ],
  [
    'web1: its deploy-cache holds something else',
    with1((server) => ({ ...server, expects: { ...server.expects, manifest: 'other' } })),
  ],
  ['web1: other releases would be removed', with1((server) => ({ ...server, prune: [A] }))],
  [
    'web1: other commands would be run',
    with1((server) => ({ ...server, commands: { postUpload: ['x'], postLaunch: [] } })),
  ],
  ['web1: other hooks would be run', with1((server) => ({ ...server, hooks: [] }))],
  ['what would be done is not what was planned', { ...plan, notes: ['web1: something new'] }],
])('%s', ([sentence, now]) => {
  expect(differences(plan, resealed(now))).toEqual([sentence]);
});

test('all that is different is said at once', () => {
  const now = resealed({
    ...with1((server) => ({ ...server, prune: [A] })),
    configuration: 'other',
    manifest: 'other',
  });
  expect(differences(plan, now)).toEqual([
    'the configuration has changed',
    'the source has changed',
    'web1: other releases would be removed',
  ]);
});
