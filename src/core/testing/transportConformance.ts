import { cutRules } from './transport/cuts.ts';
import { exitRules } from './transport/exits.ts';
import { inputRules } from './transport/input.ts';
import { lifetimeRules } from './transport/lifetime.ts';
import { loginRules } from './transport/logins.ts';
import { outputRules } from './transport/output.ts';
import { pauseRules } from './transport/pauses.ts';
import { meets, type Need, type Rule, type TransportPlace } from './transport/place.ts';
import { sftpFileRules } from './transport/sftpFiles.ts';
import { sftpNameRules } from './transport/sftpNames.ts';
import { togetherRules } from './transport/together.ts';
import { wordRules } from './transport/words.ts';

export type { Need, TransportPlace } from './transport/place.ts';

export interface TransportCase {
  readonly name: string;
  readonly needs: readonly Need[];
  /** No other case of the place, and nothing that takes memory, may run at the same time. */
  readonly isAlone: boolean;
  /** Rejects, usually with an AssertionError, when the transport does not do what the contract says. */
  readonly run: () => Promise<void>;
}

/**
 * What `Transport` and `Connection` promise, as cases for any test runner:
 * `for (const { name, run } of transportCases(place)) test(name, run)`. Those that need what the place does not have are
 * left out. A case may take half a minute. All but those that are to be alone may run at the same time.
 */
export function transportCases(place: TransportPlace): readonly TransportCase[] {
  return RULES.filter(({ needs }) => needs.every((need) => meets(place, need))).map(
    ({ name, needs, isAlone, check }) => ({ name, needs, isAlone, run: () => check(place) }),
  );
}

const RULES: readonly Rule[] = [
  ...lifetimeRules,
  ...loginRules,
  ...wordRules,
  ...exitRules,
  ...inputRules,
  ...outputRules,
  ...togetherRules,
  ...sftpNameRules,
  ...sftpFileRules,
  ...cutRules,
  ...pauseRules,
];

/** All names, in their order, whatever they need. */
export const transportCaseNames: readonly string[] = RULES.map(({ name }) => name);
