import type { Event } from '../../../src/core/journal/events.ts';
import type { CutoverProcess } from '../../integration/support/cutover.ts';

export interface Story {
  /** How many events there were. */
  readonly events: number;
  /** What the event was at which something was done. */
  readonly last: string;
}

/** More than a run waits that tries everything again, for each of its steps; less than for ever. */
const DEADLINE_MS = 300_000;

/** Reads the events of a run to its end, which has to come before the deadline, and does something once, at the n-th. */
export async function followStory(
  running: CutoverProcess,
  nth = Number.POSITIVE_INFINITY,
  act: () => unknown = () => {},
): Promise<Story> {
  let last = '';
  const events = await followEvents(
    running,
    (_, index) => index + 1 === nth,
    (event) => {
      const { type, step, server } = event as Readonly<Record<string, string | undefined>>;
      last = [type, step, server].filter((word) => word !== undefined).join(' ');
      return act();
    },
  );
  return { events: events.length, last };
}

/** The same, at the first event that is meant. Gives all events. */
export async function followEvents(
  running: CutoverProcess,
  isMeant: (event: Event, index: number) => boolean,
  act: (event: Event) => unknown,
): Promise<readonly Event[]> {
  const events: Event[] = [];
  let rest = '';
  let acting: { readonly done: unknown } | null = null;
  running.stderr!.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('{"')) continue;
      const event = JSON.parse(line) as Event;
      events.push(event);
      if (acting === null && isMeant(event, events.length - 1)) acting = { done: act(event) };
    }
  });
  const timer = setTimeout(() => running.kill('SIGKILL'), DEADLINE_MS);
  await running;
  clearTimeout(timer);
  await (acting as { readonly done: unknown } | null)?.done;
  return events;
}
