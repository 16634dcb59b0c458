import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldLedger, formatLedgerEntry, type LedgerEntry, parseLedger } from './ledger.ts';

const A = '20260101000001';
const B = '20260101000002';

const line = (entry: Partial<LedgerEntry>) =>
  formatLedgerEntry({ release: A, state: 'ready', at: '2026-01-01T00:00:00Z', ...entry });

test('what is written is read, a line each', () => {
  const states = fc.constantFrom<LedgerEntry['state']>('ready', 'active', 'succeeded', 'failed', 'bad');
  const entry = fc.record(
    {
      release: fc.string(),
      state: states,
      at: fc.string(),
      by: fc.string(),
      revision: fc.option(fc.string()),
      manifest: fc.string(),
    },
    { requiredKeys: ['release', 'state', 'at'] },
  );
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const lines = entries.map((each) => formatLedgerEntry(each));
      for (const each of lines) expect(each).not.toContain('\n');
      expect(parseLedger(lines.map((each) => `${each}\n`).join(''))).toEqual(entries);
    }),
  );
});

test.for([
  ['nothing', ''],
  ['a torn line', line({}).slice(0, 20)],
  ['another kind of text', 'hello'],
  ['null', 'null'],
  ['a number', '7'],
  ['a state of a newer version', line({}).replace('ready', 'frozen')],
  ['no time', '{"release":"a","state":"ready"}'],
  ['no release', '{"state":"ready","at":""}'],
])('%s is passed over', ([, text]) => {
  expect(parseLedger(`${text}\n${line({ release: B })}\n`)).toEqual([
    expect.objectContaining({ release: B }),
  ]);
});

test('later lines add to earlier ones: the last state, and all that was said once', () => {
  const text = [
    line({ revision: 'abc', manifest: 'm', configuration: 'c', by: 'me@here' }),
    line({ release: B, revision: 'def' }),
    line({ state: 'active', at: '2026-01-01T00:00:01Z' }),
    line({ state: 'succeeded', at: '2026-01-01T00:00:02Z' }),
  ].join('\n');
  expect([...foldLedger(parseLedger(text))]).toEqual([
    [
      A,
      {
        release: A,
        state: 'succeeded',
        at: '2026-01-01T00:00:02Z',
        by: 'me@here',
        revision: 'abc',
        manifest: 'm',
        configuration: 'c',
      },
    ],
    [B, expect.objectContaining({ state: 'ready', revision: 'def' })],
  ]);
});

test('that it was kept is true until the next line says what came of it', () => {
  const kept = line({ state: 'active', kept: true, absent: ['web3'] });
  const folded = (...lines: readonly string[]) => foldLedger(parseLedger(lines.join('\n'))).get(A);
  expect(folded(line({}), kept)).toMatchObject({ state: 'active', kept: true, absent: ['web3'] });
  expect(folded(kept, line({ state: 'bad' }))).not.toHaveProperty('kept');
  expect(folded(kept, line({ state: 'succeeded' }))).toEqual(folded(line({ state: 'succeeded' })));
});

test('records come in the order of their ids, not of their lines', () => {
  const text = [line({ release: B }), line({ release: A }), line({ release: B, state: 'active' })].join('\n');
  expect([...foldLedger(parseLedger(text)).keys()]).toEqual([A, B]);
  expect(foldLedger([]).size).toBe(0);
});
