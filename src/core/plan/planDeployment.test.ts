import { expect, test } from 'vitest';
import { plainCommand } from '../config/testing/plain.ts';
import type { Observation } from '../remote/observation.ts';
import { manifestHash } from '../sync/manifestText.ts';
import { manifestOf } from '../testing/trees.ts';
import { isSealed } from './digest.ts';
import { planDeployment } from './planDeployment.ts';
import { A, B, C, cacheOf, environment, everywhere, facts, seen, serving } from './testing/facts.ts';

const TREE = { 'index.html': 'one', 'js/app.js': 'x' };

test('a first plan sends everything to every server', () => {
  const given = facts(TREE);
  const plan = planDeployment(given);
  expect(plan).toMatchObject({
    version: 1,
    kind: 'deploy',
    application: 'shop',
    environment: 'production',
    release: '20261121193811',
    revision: 'abc',
    branch: 'main',
    full: false,
    unchanged: false,
    notes: [],
  });
  for (const server of plan.servers) {
    expect(server).toMatchObject({
      path: '/srv/shop',
      current: null,
      currentRevision: null,
      changes: { added: 3, updated: 0, removed: 0, bytes: 4 },
      prune: [],
      expects: { current: null, dangling: false, manifest: null, realPath: '/srv/shop' },
    });
    expect(server.files).toEqual([
      { op: 'add', path: 'index.html', bytes: 3 },
      { op: 'add', path: 'js', bytes: 0 },
      { op: 'add', path: 'js/app.js', bytes: 1 },
    ]);
    expect(given.work.get(server.name)).toMatchObject({ fresh: true });
  }
  expect(isSealed(plan)).toBe(true);
});

test('the same facts give the same plan, whatever the disk, the clock and the lock of the server say', () => {
  const plan = planDeployment(facts(TREE));
  expect(planDeployment(facts(TREE))).toEqual(plan);
  const otherwise = seen({
    freeBytes: 1e9,
    freeInodes: null,
    clock: new Date(),
    lock: { generation: 'g-000001', record: 'v1 n somebody 1 now -', heldSec: 1, beatAgeSec: 1 },
  });
  expect(planDeployment(facts(TREE, { observations: everywhere(otherwise) }))).toEqual(plan);
});

test('only what differs from the cache is sent, and each server is planned by itself', () => {
  const old = { release: A, revision: 'old', manifest: 'm' };
  const web1 = serving([old], { cache: cacheOf({ 'index.html': 'zero', 'js/app.js': 'x', gone: 'y' }) });
  const plan = planDeployment(
    facts(TREE, {
      observations: new Map([
        ['web1', web1],
        ['web2', seen()],
      ]),
    }),
  );
  expect(plan.servers).toMatchObject([
    {
      current: A,
      currentRevision: 'old',
      changes: { added: 0, updated: 1, removed: 1, bytes: 3 },
      files: [
        { op: 'remove', path: 'gone', bytes: 0 },
        { op: 'update', path: 'index.html', bytes: 3 },
      ],
    },
    { current: null, changes: { added: 3 } },
  ]);
});

const live = {
  release: A,
  revision: 'abc',
  manifest: `sha256:${manifestHash(manifestOf(TREE))}`,
  configuration: 'configured',
};

test.for([
  ['all servers serve it', everywhere(serving([live], { cache: cacheOf(TREE) })), true],
  [
    'one server serves nothing',
    new Map([
      ['web1', serving([live])],
      ['web2', seen()],
    ]),
    false,
  ],
  ['it never succeeded', everywhere(serving([{ ...live, state: 'active' }])), false],
  ['it was of another commit', everywhere(serving([{ ...live, revision: 'old' }])), false],
  ['it was configured otherwise', everywhere(serving([{ ...live, configuration: 'other' }])), false],
  ['its files are others', everywhere(serving([{ ...live, manifest: 'other' }])), false],
  [
    'it is gone',
    everywhere(
      serving([live], { current: { kind: 'link', text: `releases/${A}`, release: A, dangling: true } }),
    ),
    false,
  ],
  [
    'an upload was interrupted',
    everywhere(serving([live], { cache: { ...cacheOf(TREE), pending: true } })),
    false,
  ],
] as const satisfies readonly (readonly [string, ReadonlyMap<string, Observation>, boolean])[])(
  'whether there is nothing to do: %s',
  ([, observations, expected]) => {
    expect(planDeployment(facts(TREE, { observations })).unchanged).toBe(expected);
    expect(planDeployment(facts(TREE, { observations, full: true })).unchanged).toBe(false);
  },
);

test('the new id is greater than what any server has on disk or in its ledger', () => {
  const observations = new Map([
    ['web1', serving([{ release: '20301231235959' }])],
    ['web2', seen({ ledger: [{ release: '20310101000000', state: 'failed', at: '' }] })],
  ]);
  expect(planDeployment(facts(TREE, { observations })).release).toBe('20310101000001');
  expect(planDeployment(facts(TREE, { observations, release: C })).release).toBe(C);
});

test.for([
  [1, [A, B, C]],
  [2, [A, B]],
  [3, [A]],
  ['all', []],
] as const)('keep %s is planned with the release that is live until now', ([keep, prune]) => {
  const observations = everywhere(serving([{ release: A }, { release: B }, { release: C }]));
  const plan = planDeployment(facts(TREE, { observations, environment: environment({ keep }) }));
  expect(plan.servers[0]?.prune).toEqual(prune);
});

test('what was live until now stays, although a crash kept the ledger from calling it a success', () => {
  const observations = everywhere(
    serving([{ release: A }, { release: B, state: 'bad' }, { release: C, state: 'active' }]),
  );
  const pruned = (keep: number) =>
    planDeployment(facts(TREE, { observations, environment: environment({ keep }) })).servers[0]?.prune;
  expect(pruned(2)).toEqual([]);
  expect(pruned(1)).toEqual([A, B]);
});

test('a command for the first server runs on the first alone', () => {
  const commands = {
    postUpload: [plainCommand('migrate', { on: 'first' })],
    postLaunch: [plainCommand('restart')],
  };
  const plan = planDeployment(facts(TREE, { environment: environment({ commands }) }));
  expect(plan.servers.map((server) => server.commands)).toEqual([
    { postUpload: ['migrate'], postLaunch: ['restart'] },
    { postUpload: [], postLaunch: ['restart'] },
  ]);
});

test('what a person should know is noted, by server', () => {
  const web1 = serving([{ release: A }], {
    releases: [A, 'initial', '20120101000000'],
    cache: { head: null, hash: 'unreadable', pending: false },
  });
  const web2 = seen({
    current: { kind: 'link', text: 'releases/gone', release: 'gone', dangling: true },
    cache: { ...cacheOf(TREE), pending: true },
  });
  const plan = planDeployment(
    facts(TREE, {
      observations: new Map([
        ['web1', web1],
        ['web2', web2],
      ]),
    }),
  );
  expect(plan.notes).toEqual([
    'web1: the manifest cannot be read; the deploy-cache is built anew',
    'web1: not made by cutover, never counted and never removed: initial, 20120101000000',
    'web2: current leads to releases/gone, which does not exist: nothing valid is live',
    'web2: an earlier upload was interrupted; what it may have touched is sent again',
  ]);
});
