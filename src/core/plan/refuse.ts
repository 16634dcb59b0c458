import { CutoverError } from '../contract/index.ts';
import type { Refusal } from './refusals.ts';

/** Throws `E_REFUSED` with every reason at once, or returns when there is none. */
export function refuseAll(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const lines = refusals.map(({ server, why }) => `${server}: ${why}`);
  const fixes = [...new Set(refusals.map(({ fix }) => fix))];
  throw new CutoverError('E_REFUSED', `Nothing was touched. ${lines.join('\n')}`, { hint: fixes.join('\n') });
}
