import { expect, test } from 'vitest';
import { createStyle } from '../style.ts';
import { commit, newRelease, oldRelease } from '../testing/samples.ts';
import { renderCheck } from './check.ts';
import { renderError } from './error.ts';
import { renderReleases } from './releases.ts';
import { renderStatus } from './status.ts';
import { renderUnlock } from './unlock.ts';

const plain = createStyle(false);
const now = new Date('2026-11-21T20:00:00Z');
const lock = {
  by: 'ada@laptop',
  since: '2026-11-21T19:57:00Z',
  release: newRelease,
  generation: 4,
  message: null,
  beatAgeSec: 4,
};
const well = {
  name: 'web1',
  reachable: true,
  current: newRelease,
  revision: commit,
  at: '2026-11-21T19:40:00Z',
  behind: null,
  kept: false,
  lock: null,
  paused: null,
  frozen: null,
  pinned: null,
  openTransaction: null,
  drift: null,
  error: null,
};

test('status: a line for a server that is well, more for one that is not', () => {
  const servers = [
    well,
    {
      ...well,
      name: 'web-two',
      revision: null,
      lock,
      paused: {
        by: 'bob@ops',
        at: '2026-11-21T19:57:00Z',
        reason: 'new\x07 disk',
        until: '2026-11-22T00:00:00Z',
      },
      frozen: { by: 'somebody', at: null, reason: 'the mark cannot be read', until: null },
      pinned: { release: oldRelease, by: 'bob\x07@ops', at: '2026-11-21T19:57:00Z' },
      openTransaction: newRelease,
      drift: 'current is absolute\nand old',
    },
    {
      ...well,
      name: 'web3',
      reachable: false,
      current: null,
      revision: null,
      at: null,
      behind: newRelease,
      error: 'connection refused\x07',
    },
    { ...well, name: 'web4', current: null, revision: null, at: null },
    { ...well, name: 'web5', current: oldRelease, at: null, behind: newRelease },
    { ...well, name: 'web6', kept: true },
  ];
  expect(renderStatus({ environment: 'production', servers }, plain, now)).toEqual([
    'production',
    '  web1     20261121193811  abc1234  20 minutes ago',
    '  web-two  20261121193811  -        20 minutes ago',
    '    ! Locked by ada@laptop, 3 minutes ago, for 20261121193811, generation 4, last sign of life 4 seconds ago',
    '    ! Paused by bob@ops, 3 minutes ago, until 2026-11-22T00:00:00Z: new\\x07 disk',
    '    ! Frozen by somebody: the mark cannot be read',
    `    ! Pinned to ${oldRelease} by bob\\x07@ops, 3 minutes ago: the next deployment needs --unpin`,
    '    ! Open transaction: 20261121193811',
    '    ! Drift: current is absolute',
    '      and old',
    '  web3     unreachable',
    '    ! connection refused\\x07',
    '    ! Behind: the group serves 20261121193811',
    '  web4     nothing live',
    `  web5     ${oldRelease}  abc1234  -`,
    '    ! Behind: the group serves 20261121193811',
    '  web6     20261121193811  abc1234  20 minutes ago',
    '    ! Kept although it failed there (onFailure: keep)',
    '  Next: unless its run is at work still: cutover resume production, or to take it back: cutover resume production --abort',
  ]);
  const left = { ...well, openTransaction: newRelease };
  expect(renderStatus({ environment: 'production', servers: [left, left] }, plain, now).slice(4)).toEqual([
    '    ! Open transaction: 20261121193811',
    '  Next: cutover resume production, or to take it back: cutover resume production --abort',
  ]);
});

test('releases: one table for servers that agree', () => {
  const releases = [
    {
      id: newRelease,
      state: 'succeeded',
      kept: false,
      revision: commit,
      at: '2026-11-21T19:55:00Z',
      by: 'ada@laptop',
      override: { by: 'ada@laptop', reason: 'hot\nfix' },
      current: true,
    },
    {
      id: oldRelease,
      state: 'bad',
      kept: false,
      revision: null,
      at: '2026-11-20T10:00:00Z',
      by: 'ci\x1b[2J',
      override: null,
      current: false,
    },
    {
      id: 'v1.2',
      state: 'foreign',
      kept: false,
      revision: null,
      at: null,
      by: null,
      override: null,
      current: false,
    },
  ] as const;
  const servers = [
    { name: 'web1', releases },
    { name: 'web2', releases },
    { name: 'web3', releases: [] },
    {
      name: 'web4',
      releases: [
        { ...releases[0], state: 'active', kept: true },
        { ...releases[0], kept: true, current: false },
      ],
    },
  ] as const;
  expect(renderReleases({ servers }, plain, now)).toEqual([
    'web1, web2 (2 servers)',
    '  →  20261121193811  succeeded  abc1234  5 minutes ago  ada@laptop (overridden: hot\\x0Afix)',
    '     20261120101010  bad        -        1 day ago      ci\\x1B[2J',
    '     v1.2            foreign    -        -',
    '',
    'web3',
    '  No releases yet',
    '',
    'web4',
    '  →  20261121193811  kept             abc1234  5 minutes ago  ada@laptop (overridden: hot\\x0Afix)',
    '     20261121193811  succeeded, kept  abc1234  5 minutes ago  ada@laptop (overridden: hot\\x0Afix)',
  ]);
});

test('check: each fault has its fix, and a count ends it', () => {
  const servers = [
    {
      name: 'web1',
      findings: [
        { level: 'ok', message: 'Connected', fix: null, code: null },
        {
          level: 'warning',
          message: 'Only 300 MB are free',
          fix: 'Free some space.\nOr lower keep.',
          code: null,
        },
        {
          level: 'error',
          message: 'current is a directory:\n/srv/shop/current',
          fix: 'mv current old',
          code: null,
        },
      ],
    },
    { name: 'web2', findings: [{ level: 'ok', message: 'Connected', fix: null, code: null }] },
  ] as const;
  const source = [{ level: 'ok', message: '3 files', fix: null, code: null }] as const;
  const extensions = [
    { level: 'warning', message: 'the notifier slack: no URL', fix: 'Set SLACK.', code: 'E_CONFIG' },
  ] as const;
  expect(renderCheck({ environment: 'production', source, extensions, servers }, plain)).toEqual([
    'source',
    '  ✓ 3 files',
    '',
    'hooks and notifiers',
    '  ! the notifier slack: no URL',
    '      Fix: Set SLACK.',
    '',
    'web1',
    '  ✓ Connected',
    '  ! Only 300 MB are free',
    '      Fix: Free some space.',
    '           Or lower keep.',
    '  ✗ current is a directory:',
    '    /srv/shop/current',
    '      Fix: mv current old',
    '',
    'web2',
    '  ✓ Connected',
    '',
    '1 error and 2 warnings on 2 servers of production.',
  ]);
  expect(
    renderCheck({ environment: 'production', source, extensions: [], servers: [servers[1]] }, plain).at(-1),
  ).toBe('All is well on 1 server of production.');
});

test('unlock: who holds what, and how to release it', () => {
  const servers = [
    { name: 'web1', path: '/srv/shop', lock, released: false },
    { name: 'web2', path: '/srv/shop-two', lock: null, released: false },
  ];
  expect(
    renderUnlock({ environment: 'production', servers }, plain, now, 'cutover unlock production --yes'),
  ).toEqual([
    'web1  /srv/shop      held by ada@laptop, 3 minutes ago, for 20261121193811, generation 4, last sign of life 4 seconds ago',
    'web2  /srv/shop-two  not locked',
    '',
    'To release: cutover unlock production --yes',
  ]);
  const released = [{ name: 'web1', path: '/srv/shop', lock: { ...lock, release: null }, released: true }];
  const byHand = { ...lock, release: null, message: 'The database\x1b is moved', beatAgeSec: null };
  const locked = [{ name: 'web1', path: '/srv/shop', lock: byHand, released: false }];
  expect(renderUnlock({ environment: 'production', servers: locked }, plain, now, null)).toEqual([
    'web1  /srv/shop  held by ada@laptop, 3 minutes ago, generation 4, by hand: The database\\x1B is moved',
  ]);
  expect(renderUnlock({ environment: 'production', servers: released }, plain, now, 'never shown')).toEqual([
    'web1  /srv/shop  released; was held by ada@laptop, 3 minutes ago, generation 4, last sign of life 4 seconds ago',
  ]);
});

test('errors: what and why, further lines indented, what to do, and the code', () => {
  const message = 'cutover.yaml has 2 mistakes:\r\n3:1 a\x1b\n\n4:1 b\n';
  expect(renderError({ code: 'E_CONFIG', message, hint: 'Correct it, then:\ncutover plan' }, plain)).toEqual([
    '✗ cutover.yaml has 2 mistakes:',
    '  3:1 a\\x1B',
    '',
    '  4:1 b',
    '  Hint: Correct it, then:',
    '        cutover plan',
    '  E_CONFIG',
  ]);
  expect(renderError({ code: 'E_BUG', message: 'Oh', hint: null }, plain)).toEqual(['✗ Oh', '  E_BUG']);
});
