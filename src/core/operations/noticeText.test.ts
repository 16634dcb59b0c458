import { expect, test } from 'vitest';
import { noticeText, type TextFacts } from './noticeText.ts';

const facts: TextFacts = {
  event: 'committed',
  events: ['succeeded'],
  title: 'shop: production serves 20261121193811 (was 20261120081502)',
  kind: 'deploy',
  application: 'shop',
  environment: 'production',
  release: '20261121193811',
  previous: '20261120081502',
  revision: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
  previousRevision: null,
  branch: 'main',
  message: 'Show the price with tax',
  author: 'Ada Author <ada@example.com>',
  by: 'ann@laptop',
  at: '2026-11-21T19:38:53.120Z',
  startedAt: '2026-11-21T19:38:11.000Z',
  servers: [{ name: 'web1', current: '20261121193811' }],
  failure: null,
  isTest: false,
  absent: [],
  stranded: [],
};

test('without a template it says all there is to say, and nothing else', () => {
  expect(noticeText(null, facts)).toBe(
    `shop: production serves 20261121193811 (was 20261120081502)
What: Show the price with tax
Revision: f1dad0009fbf
Branch: main
Author: Ada Author <ada@example.com>
By: ann@laptop
Took: 42 s`,
  );
});

test('a start takes no time yet; a directory has no commit', () => {
  const none = { revision: null, branch: null, message: null, author: null };
  expect(noticeText(null, { ...facts, ...none, event: 'started', servers: [] })).toBe(
    `${facts.title}\nBy: ann@laptop`,
  );
});

test('who is stranded, and who was left out, is told with what to do', () => {
  const text = noticeText(null, {
    ...facts,
    event: 'stranded',
    events: ['failed', 'stranded'],
    failure: 'The connection was lost.',
    absent: ['web3', 'web4'],
  });
  expect(text).toContain('\nWhy: The connection was lost.\n');
  expect(text).toMatch(/\nLeft out: web3, web4\nNext: cutover resume production$/);
});

test.each([
  ['{application}/{environment} {kind} {outcome}', 'shop/production deploy succeeded'],
  ['{shortRevision} of {revision}', 'f1dad0009fbf of f1dad0009fbfa52b6c6adf42f971b08e2c1154f9'],
  ['{{"at": "{at}"}', '{"at": "2026-11-21T19:38:53.120Z"}'],
  ['a\nfailed: {failure}\nb', 'a\nb'],
  ['failed: {failure}', facts.title],
  ['{servers}', 'web1 serves 20261121193811'],
])('%s', (template, expected) => {
  expect(noticeText(template, facts)).toBe(expected);
});

test('the hash of a directory is short, too', () => {
  expect(
    noticeText('{shortRevision}', { ...facts, revision: `sha256:${'0123456789abcdef'.repeat(4)}` }),
  ).toBe('sha256:0123456789ab');
});

test('a test says so, in any words', () => {
  const title = '[test] shop: it works';
  expect(noticeText('{release}', { ...facts, title, isTest: true })).toBe('[test] 20261121193811');
  expect(noticeText('{title}', { ...facts, title, isTest: true })).toBe(title);
});

test('what a value holds is no template', () => {
  expect(noticeText('{message}!', { ...facts, message: '{by} {{ {nobody}' })).toBe('{by} {{ {nobody}!');
});

test('servers are told by what they serve', () => {
  const servers = [
    { name: 'web1', current: '1' },
    { name: 'web2', current: '1' },
    { name: 'web3', current: null },
    { name: 'web4', current: null },
  ];
  expect(noticeText('{servers}', { ...facts, servers, stranded: ['web4'] })).toBe(
    'web1, web2 serve 1; web3 serves nothing; web4 serves nobody knows what',
  );
});

test.each([
  [['succeeded', 'rolledBack', 'backToSuccess'], 'rolled back'],
  [['succeeded', 'backToSuccess'], 'back to success'],
  [['failed'], 'failed'],
] as const)('the outcome of %j is %s', (events, outcome) => {
  expect(noticeText('{outcome}', { ...facts, events })).toBe(outcome);
});

test.each([
  [780, '0.8 s'],
  [59_400, '59 s'],
  [185_000, '3 min 5 s'],
  [7_380_000, '2 h 3 min'],
  [-5, '0 s'],
])('%i ms are %s', (ms, expected) => {
  const at = new Date(Date.parse(facts.startedAt) + ms).toISOString();
  expect(noticeText('{duration}', { ...facts, at })).toBe(expected);
});
