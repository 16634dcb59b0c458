import { parseArgs } from 'node:util';

export interface Options {
  /** The goals in small: fewer rounds, smaller trees, fewer peers. */
  readonly isQuick: boolean;
  /** Names of scenarios; empty: all. */
  readonly scenarios: readonly string[];
  /** Counted rounds of each contest; null: what the scenario takes. */
  readonly rounds: number | null;
}

export const usage = `npm run bench -- [--quick] [--scenario NAME]... [--rounds N]`;

/** Throws when an option is not known or not valid. */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
    },
  });
  const unknown = values.scenario.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`No scenario ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  const rounds = values.rounds === undefined ? null : Number(values.rounds);
  if (rounds !== null && !(Number.isInteger(rounds) && rounds > 0))
    throw new RangeError('--rounds: 1 or more.');
  return { isQuick: values.quick, scenarios: values.scenario, rounds };
}
