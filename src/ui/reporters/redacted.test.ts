import { expect, test } from 'vitest';
import { manualClock } from '../testing/manualClock.ts';
import { samplePlan, sampleServer, timed } from '../testing/samples.ts';
import { createScreen } from '../testing/screen.ts';
import { liveReporter } from './live.ts';
import { redactedReporter } from './redacted.ts';
import type { Reporter } from './reporter.ts';

const redact = (text: string) => text.replaceAll('hunter2secret', '***');

test('a secret that a narrow terminal cuts through is not shown in part', () => {
  const screen = createScreen(40, 24);
  const clock = manualClock();
  const reporter = redactedReporter(liveReporter(screen, clock), redact);
  const line = 'token hunter2secret';
  reporter.event(timed({ type: 'step.begun', server: 'web1', step: 'postUpload' }));
  reporter.event(timed({ type: 'output', server: 'web1', step: 'postUpload', stream: 'stdout', line }));
  clock.pass(100);
  expect(screen.lines()).toEqual(['  web1  postUpload     0 s  token ***']);
  reporter.end();
  expect(screen.isCursorVisible()).toBe(true);
});

test('secrets go wherever in an event they stand, and all else stays', () => {
  const seen: unknown[] = [];
  const target: Reporter = { event: (event) => seen.push(event), end: () => {} };
  const planWith = (secret: string) =>
    samplePlan([], {
      servers: [sampleServer('web1', { commands: { postUpload: [`login ${secret}`], postLaunch: [] } })],
    });
  redactedReporter(target, redact).event(
    timed({ type: 'opened', plan: planWith('hunter2secret'), by: 'ada@laptop' }),
  );
  expect(seen).toEqual([timed({ type: 'opened', plan: planWith('***'), by: 'ada@laptop' })]);
});
