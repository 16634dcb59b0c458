import { expect, test } from 'vitest';
import { noticeTitle, type TitleFacts } from './noticeTitle.ts';
import { unchangedServer } from './result.ts';
import type { ServerResult } from './results.ts';

const NEW = '20261121193811';
const OLD = '20261120081502';

interface Given extends Partial<Omit<TitleFacts, 'plan' | 'result'>> {
  readonly kind?: 'rollback';
  /** What they served, by name. */
  readonly before?: Readonly<Record<string, string | null>>;
  /** What they serve: null means nothing; undefined that nobody knows. */
  readonly after?: Readonly<Record<string, string | null | undefined>>;
  readonly absent?: readonly string[];
  readonly interrupted?: boolean;
  readonly outcomes?: Readonly<Record<string, ServerResult['outcome']>>;
}

function titleOf(given: Given): string {
  const { before = { web1: OLD, web2: OLD }, after = { web1: NEW, web2: NEW }, absent = [] } = given;
  const names = Object.keys(before);
  return noticeTitle({
    event: 'committed',
    events: ['succeeded'],
    serverCount: names.length + absent.length,
    ...given,
    plan: {
      application: 'shop',
      environment: 'production',
      kind: given.kind ?? 'deploy',
      release: NEW,
      servers: names.map((name) => ({ name, current: before[name] ?? null })),
      absent: absent.map((name) => ({ name, why: 'unreachable' })),
    },
    result: {
      interrupted: given.interrupted ?? false,
      servers: names.map((name) => ({
        ...unchangedServer(name, after[name] ?? null, null),
        outcome: given.outcomes?.[name] ?? (after[name] === undefined ? 'stranded' : 'committed'),
      })),
    },
  });
}

const back = { web1: OLD, web2: OLD };

test.each<[string, Given]>([
  [`shop: production serves ${NEW} (was ${OLD})`, {}],
  [`shop: production serves ${NEW}`, { before: { web1: null, web2: null } }],
  [`shop: production serves ${NEW}`, { before: { web1: OLD, web2: '20261119000000' } }],
  [`shop: production serves ${NEW}`, { before: { web1: NEW, web2: NEW } }],
  [
    `shop: production serves ${NEW} (was ${OLD}), back to success`,
    { events: ['succeeded', 'backToSuccess'] },
  ],
  [`shop: production serves ${NEW} (was ${OLD}), without web3`, { absent: ['web3'] }],
  [`shop: web1 and web2 of production serve ${NEW} (was ${OLD})`, { serverCount: 5 }],
  [
    `shop: production is back at ${NEW} (was ${OLD})`,
    { kind: 'rollback', events: ['succeeded', 'rolledBack'] },
  ],
  [`shop: deploying ${NEW} to production`, { event: 'started' }],
  [`shop: going back to ${NEW} on production`, { event: 'started', kind: 'rollback' }],
  [`shop: production failed, every server serves ${OLD}`, { event: 'compensated', after: back }],
  [
    `shop: production was interrupted, every server serves ${OLD}`,
    { event: 'compensated', after: back, interrupted: true },
  ],
  [
    `shop: going back on production failed, every server serves ${OLD}`,
    { event: 'compensated', after: back, kind: 'rollback' },
  ],
  [
    `shop: production failed, it still serves ${OLD}`,
    { event: 'compensated', before: { web1: OLD }, after: back },
  ],
  [
    'shop: production failed, nothing is live',
    { event: 'compensated', before: { web1: null }, after: { web1: null } },
  ],
  [
    `shop: production failed, web1 serves ${NEW}; web2 serves ${OLD}`,
    { after: { web1: NEW, web2: OLD }, outcomes: { web2: 'compensated' }, events: ['failed'] },
  ],
  ['shop: production is stranded on web2', { event: 'stranded', after: { web1: OLD } }],
  [
    'shop: production is stranded on 5 servers',
    { event: 'stranded', before: { a: OLD, b: OLD, c: OLD, d: OLD, e: OLD }, after: {} },
  ],
])('%s', (expected, given) => {
  expect(titleOf(given)).toBe(expected);
});
