import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapStrings } from '../reporters/redacted.ts';
import { createStyle } from '../style.ts';
import { runnerCommand } from '../testing/runner.ts';
import { at, commit, oldRelease, samplePlan, sampleResult, sampleServerResult } from '../testing/samples.ts';
import { renderCheck } from './check.ts';
import { renderError } from './error.ts';
import { renderPlan } from './plan.ts';
import { renderReleases } from './releases.ts';
import { transactionSummary } from './summary.ts';
import { renderTransaction } from './transaction.ts';

const plain = createStyle(false);
const now = new Date(at);

/** Words that choose what is told, and times: no server chooses these. */
const OURS = new Set([
  'committed',
  'compensated',
  'prepare',
  'postUpload',
  'error',
  'succeeded',
  'deploy',
  at,
]);

const failure = { code: 'E_COMMAND', message: 'broke', hint: 'mend', step: 'postUpload' } as const;
const server = sampleServerResult('web1', { failure, outcome: 'compensated', current: oldRelease });
const split = sampleResult([sampleServerResult('web2'), server], { problems: ['a problem'] });
const finding = { level: 'error', message: 'wrong', fix: 'mend', code: null } as const;

const renderings: Readonly<Record<string, (hostile: <T>(value: T) => T) => readonly string[]>> = {
  transaction: (hostile) => renderTransaction(hostile(split), plain),
  summary: (hostile) => transactionSummary(hostile(split)).split('\n'),
  error: (hostile) => renderError(hostile({ code: 'E_BUG', message: 'broke', hint: 'mend' }), plain),
  plan: (hostile) =>
    renderPlan(hostile(samplePlan(['web1'], { notes: ['a note'] })), plain, { verbose: true, file: null }),
  check: (hostile) =>
    renderCheck(
      hostile({
        environment: 'e',
        source: [finding],
        extensions: [finding],
        servers: [{ name: 'w', findings: [finding] }],
      }),
      plain,
    ),
  releases: (hostile) => {
    const row = {
      id: 'r',
      state: 'succeeded',
      kept: false,
      revision: commit,
      at,
      by: 'ada',
      current: true,
      override: null,
    } as const;
    return renderReleases(hostile({ servers: [{ name: 'w', releases: [row] }] }), plain, now);
  },
};

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        '##[',
        '#',
        '[',
        '\n',
        '\r',
        ' ',
        '\x1b[2J',
        '\x9b',
        '\u202e',
        '::set-env name=A::b',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  // No path holds a NUL, and the commands that a plan shows are not made of one.
  .map((parts) => parts.join('').replaceAll('\0', ''));

test.each(Object.entries(renderings))(
  '%s: no text of a server is a command or moves the cursor',
  (_, render) => {
    fc.assert(
      fc.property(text, (evil) => {
        const lines = render(
          (value) => mapStrings(value, (each) => (OURS.has(each) ? each : evil)) as typeof value,
        );
        expect(lines.length).toBeGreaterThan(0);
        for (const line of lines.flatMap((each) => each.split('\n'))) {
          expect(runnerCommand(line)).toBeNull();
          expect(line).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
        }
      }),
      { numRuns: 100 },
    );
  },
);
