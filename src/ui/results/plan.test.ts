import { expect, test } from 'vitest';
import { createStyle } from '../style.ts';
import { commit, samplePlan, sampleServer } from '../testing/samples.ts';
import { renderPlan } from './plan.ts';

const plain = createStyle(false);
const shown = { verbose: false, file: null };

test('equal servers are shown once, others by themselves', () => {
  const plan = samplePlan([], {
    servers: [
      sampleServer('web1', { currentRevision: commit }),
      sampleServer('web2', { currentRevision: commit }),
      sampleServer('db', {
        path: '/srv/db',
        current: null,
        changes: { added: 0, updated: 0, removed: 0, bytes: 0, sinceLive: true },
        files: [],
        commands: { postUpload: [], postLaunch: ['first \x1b[2J\nsecond'] },
        shared: { directories: [], files: [] },
        prune: [],
      }),
    ],
    notes: ['web1: no shared .env yet.\nIt stays empty.'],
  });
  expect(renderPlan(plan, plain, shown)).toEqual([
    'Deploy shop to production',
    '  Release      20261121193811',
    '  Revision     abc1234 (main)',
    '  Message      Fix the cart',
    '  Author       Ada <ada@example.com>',
    '  Change-over  all at once',
    '  On failure   every server goes back',
    '',
    'web1, web2 (2 servers)',
    '  /srv/shop: 20261120101010 (abc1234) → 20261121193811',
    '  + 1 added  ~ 1 updated  - 1 removed  3.4 MB to send',
    '    + public/app.css  1.2 kB',
    '    ~ index.php  3.4 MB',
    '    - old.txt',
    '  Shared        storage/',
    '                .env',
    '  After upload  composer install --no-dev',
    '  After launch  systemctl reload php-fpm',
    '  Then remove   20261101101010',
    '',
    'db',
    '  /srv/db: nothing live yet → 20261121193811',
    '  No file changes',
    '  After launch  first \\x1B[2J ⏎ second',
    '',
    '! web1: no shared .env yet.',
    '  It stays empty.',
    '',
    'To run exactly this, keep it and hand it over:',
    '  cutover plan production --out plan.json',
    '  cutover deploy production --plan plan.json',
  ]);
});

test('what is counted from a deploy-cache that holds something else than what is live says so', () => {
  const counted = { removed: 0, bytes: 0, sinceLive: false };
  const lineOf = (added: number, full = false) => {
    const server = sampleServer('web1', { changes: { ...counted, added, updated: 0 }, files: [] });
    return renderPlan(samplePlan([], { servers: [server], full }), plain, shown)
      .find((line) => line.includes('to send'))
      ?.trim();
  };
  expect(lineOf(0)).toBe(
    'Nothing to send: the deploy-cache, which is not what is live, holds all files already',
  );
  expect(lineOf(1)).toBe(
    '+ 1 added  ~ 0 updated  - 0 removed  0 B to send (counted from the deploy-cache, which is not what is live)',
  );
  expect(lineOf(1, true)).toMatch(/ to send \(every file again\)$/);
});

test('a plan that was kept says how to run it, quoted for a shell', () => {
  const plan = samplePlan(['web1'], { environment: 'the shop' });
  expect(renderPlan(plan, plain, { verbose: false, file: "it's.json" }).at(-1)).toBe(
    `To run exactly this: cutover deploy 'the shop' --plan 'it'\\''s.json'`,
  );
});

test('a long list of files is cut unless all are asked for', () => {
  const files = Array.from(
    { length: 25 },
    (_, index) => ({ op: 'add', path: `file${index}`, bytes: 0 }) as const,
  );
  const plan = samplePlan([], { servers: [sampleServer('web1', { files })] });
  const short = renderPlan(plan, plain, shown);
  expect(short.filter((line) => line.includes('+ file'))).toHaveLength(10);
  expect(short).toContain('    … and 15 more (--verbose lists them)');
  const long = renderPlan(plan, plain, { ...shown, verbose: true });
  expect(long.filter((line) => line.includes('+ file'))).toHaveLength(25);
  expect(long.join('\n')).not.toContain('more');
});

test('files that are all sent again are said to be', () => {
  const lines = renderPlan(samplePlan(['web1'], { full: true }), plain, shown);
  expect(lines).toContain('  + 1 added  ~ 1 updated  - 1 removed  3.4 MB to send (every file again)');
});

test('a rollback shows no files', () => {
  const plan = samplePlan(['web1'], {
    kind: 'rollback',
    release: '20261119000000',
    branch: null,
    message: null,
    author: null,
  });
  expect(renderPlan(plan, plain, shown)).toEqual([
    'Roll shop back on production',
    '  Release   20261119000000',
    '  Revision  abc1234',
    '',
    'web1',
    '  /srv/shop: 20261120101010 → 20261119000000',
    '  Shared        storage/',
    '                .env',
    '  After upload  composer install --no-dev',
    '  After launch  systemctl reload php-fpm',
    '  Then remove   20261101101010',
    '',
    'To run this: cutover rollback production --to 20261119000000',
  ]);
});

test('nothing to do is said in one line, with what is live and what should be known', () => {
  const plan = samplePlan(['web1', 'web2'], {
    unchanged: true,
    message: 'a\u202eb',
    author: null,
    notes: ['A note'],
  });
  expect(renderPlan(plan, plain, shown)).toEqual([
    'Nothing to do on production: web1, web2 already serve this',
    '  Revision  abc1234 (main)',
    '  Message   a\\u{202E}b',
    '',
    '! A note',
  ]);
});

test('colours are there when asked for', () => {
  const lines = renderPlan(samplePlan(['web1']), createStyle(true), shown);
  expect(lines).toContain('    \x1b[32m+\x1b[39m public/app.css  \x1b[2m1.2 kB\x1b[22m');
});

test('how a group changes over is said, and who goes back when one fails', () => {
  const plan = samplePlan(['web1', 'web2', 'web3'], {
    strategy: 'sequential',
    batches: [['web1', 'web2'], ['web3']],
    pauseMs: 60_000,
    onFailure: 'revert-server',
  });
  expect(renderPlan(plan, plain, shown).slice(5, 7)).toEqual([
    '  Change-over  2, then 1, with 1 min 0 s between them; all are prepared before the first',
    '  On failure   every server goes back; once one is switched, only those that fail',
  ]);
});
