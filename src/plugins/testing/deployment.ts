import type { HookContext, Notice, PlanningContext, Scope } from '../../core/contract/index.ts';
import { fakeScope } from './scope.ts';

/** What a hook gets, of a first deployment of nothing in particular. `given` replaces parts of it. */
export function fakeHookContext(given: Partial<HookContext> = {}, scope: Scope = fakeScope()): HookContext {
  return {
    ...scope,
    point: 'after:activate',
    application: 'shop',
    environment: 'production',
    server: 'web1',
    roles: [],
    kind: 'deploy',
    release: '20261121193811',
    revision: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
    branch: 'main',
    previous: null,
    previousRevision: null,
    by: 'ann@laptop',
    paths: {
      deploy: '/srv/shop',
      release: '/srv/shop/releases/20261121193811',
      current: '/srv/shop/current',
      shared: '/srv/shop/shared',
    },
    failure: null,
    ...given,
  };
}

/** What `refuse` of a hook gets, of the same deployment, on a server without a file. `given` replaces parts of it. */
export function fakePlanningContext(
  given: Partial<PlanningContext> = {},
  scope: Scope = fakeScope(),
): PlanningContext {
  const { point: _, paths: __, failure: ___, command: ____, ...deployment } = fakeHookContext({}, scope);
  return { ...deployment, override: null, readFile: async () => null, ...given };
}

/** What a notifier gets, of a deployment that is committed. `given` replaces parts of it. */
export function fakeNotice(given: Partial<Notice> = {}): Notice {
  return {
    event: 'committed',
    events: ['succeeded'],
    isTest: false,
    title: 'shop: production serves 20261121193811',
    text: 'shop: production serves 20261121193811\nFix “it” (f1dad0009fbf, main), by ann@laptop',
    kind: 'deploy',
    application: 'shop',
    environment: 'production',
    release: '20261121193811',
    previous: null,
    revision: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
    previousRevision: null,
    branch: 'main',
    message: 'Fix “it”',
    author: 'Ann',
    by: 'ann@laptop',
    at: '2026-11-21T19:38:14Z',
    startedAt: '2026-11-21T19:38:11Z',
    servers: [{ name: 'web1', current: '20261121193811' }],
    failure: null,
    ...given,
  };
}
