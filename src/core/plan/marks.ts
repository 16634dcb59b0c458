import type { Override } from '../release/ledger.ts';
import type { Mark } from '../remote/marks.ts';
import type { AbsentServer } from './types.ts';

/** A mark that the environment is frozen by, and the servers that carry it. */
export interface Freeze {
  readonly mark: Mark;
  readonly servers: readonly string[];
}

/** One for each person, time and reason: servers whose clocks differ have it end at different times. */
export function freezesOf(
  marked: readonly { readonly name: string; readonly mark: Mark }[],
): readonly Freeze[] {
  const same = Map.groupBy(marked, ({ mark: { by, at, reason } }) => JSON.stringify([by, at, reason]));
  return [...same.values()].map((all) => ({ mark: all[0]!.mark, servers: all.map(({ name }) => name) }));
}

/** `by ada@laptop since 2026-…, until 2026-…: a new disk` */
export function markInWords({ by, at, until, reason }: Mark): string {
  const since = at === null ? '' : ` since ${at}`;
  return `by ${by}${since}${until === null ? '' : `, until ${until}`}: ${reason}`;
}

/** `frozen on web1 and web2 by …` */
export function freezeInWords({ mark, servers }: Freeze): string {
  return `frozen on ${servers.join(', ')} ${markInWords(mark)}`;
}

/** For the notes of a plan. */
export function markNotes(
  absent: readonly AbsentServer[],
  frozen: readonly Freeze[],
  environment: string,
  override: Override | null,
): readonly string[] {
  return [
    ...absent.flatMap(({ name, mark }) =>
      mark === undefined ? [] : [`${name}: it is paused ${markInWords(mark)}; it is left out`],
    ),
    ...(frozen.length === 0 && override !== null
      ? [`${override.by} overrides what a hook refuses: ${override.reason}`]
      : []),
    ...frozen.map((freeze) => `${environment} is ${freezeInWords(freeze)}; ${whatItMeans(override)}`),
  ];
}

function whatItMeans(override: Override | null): string {
  return override === null
    ? 'it refuses deployments without --override'
    : `${override.by} overrides that: ${override.reason}`;
}
