import { expect, test } from 'vitest';
import { samplePlan, timed } from '../testing/samples.ts';
import { jsonEventsReporter } from './jsonEvents.ts';

test('each event is one line of JSON that no terminal acts on', () => {
  const writes: string[] = [];
  const reporter = jsonEventsReporter((text) => writes.push(text));
  const events = [
    timed({ type: 'opened', plan: samplePlan(['web1']), by: 'ada@laptop' }),
    timed({
      type: 'output',
      server: 'web1',
      step: 'postUpload',
      stream: 'stdout',
      line: 'a\x1b[2J\x9b2J\u2028\u202e##vso[x]y',
    }),
    timed({ type: 'closed', outcome: 'committed' }),
  ];
  for (const event of events) reporter.event(event);
  reporter.end();
  expect(writes).toHaveLength(3);
  expect(writes.map((text) => JSON.parse(text))).toEqual(events);
  expect(writes.every((text) => text.indexOf('\n') === text.length - 1)).toBe(true);
  expect(writes[1]).toBe(
    String.raw`{"at":"2026-11-21T19:38:11.000Z","type":"output","server":"web1","step":"postUpload","stream":"stdout","line":"a\u001b[2J\u009B2J\u2028\u202E\u0023#vso[x]y"}` +
      '\n',
  );
});
