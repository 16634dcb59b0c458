import type { CutoverProcess } from '../../integration/support/cutover.ts';

export interface Story {
  /** How many events there were. */
  readonly events: number;
  /** What the event was at which something was done. */
  readonly last: string;
}

/** Reads the events of a run to its end, and does something once, at the n-th. */
export async function followStory(
  running: CutoverProcess,
  nth = Number.POSITIVE_INFINITY,
  act: () => unknown = () => {},
): Promise<Story> {
  let events = 0;
  let last = '';
  let rest = '';
  let acting: unknown;
  running.stderr!.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith('{"')) continue;
      events += 1;
      if (events !== nth) continue;
      const { type, step, server } = JSON.parse(line) as Readonly<Record<string, string | undefined>>;
      last = [type, step, server].filter((word) => word !== undefined).join(' ');
      acting = act();
    }
  });
  await running;
  await acting;
  return { events, last };
}
