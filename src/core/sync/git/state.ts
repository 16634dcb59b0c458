import { createHash } from 'node:crypto';
import type { SourceConfig } from '../../config/types.ts';
import { mentionExport } from './attributes.ts';
import { prefixOf } from './parts.ts';

type Rules = Pick<Extract<SourceConfig, { type: 'git' }>, 'subdirectory' | 'exclude'>;

/**
 * Names the tree that is made of a commit, `git:COMMIT:RULES`: for a commit whose tree depends on nothing but the commit
 * and these rules. `local`: what the repository's info/attributes say.
 */
export function stateOf(rules: Rules, local: string, commit: string): string {
  return `git:${commit}:${digestOf(rules, local)}`;
}

/** The commit; null for a name that something else gave, or other rules. */
export function commitOfState(rules: Rules, local: string, state: string): string | null {
  const [, commit, digest] = /^git:([0-9a-f]{40,64}):([0-9a-f]{16})$/.exec(state) ?? [];
  return commit !== undefined && digest === digestOf(rules, local) ? commit : null;
}

/** The commit, whatever the rules were. */
export function commitNamedBy(state: string): string | null {
  return /^git:([0-9a-f]{40,64}):/.exec(state)?.[1] ?? null;
}

/** Goes up whenever the same commit and rules lead to another tree than before. */
const SELECTION_VERSION = 1;

const DIGITS = 16;

function digestOf({ subdirectory, exclude }: Rules, local: string): string {
  const said = mentionExport(local) ? local : '';
  const rules = JSON.stringify([SELECTION_VERSION, prefixOf(subdirectory), exclude, said]);
  return createHash('sha256').update(rules).digest('hex').slice(0, DIGITS);
}
