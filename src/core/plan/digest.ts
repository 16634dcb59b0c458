import { createHash } from 'node:crypto';
import { writeCanonicalJson } from '../config/canonicalJson.ts';
import type { Json } from '../contract/index.ts';
import type { Plan } from './types.ts';

/** The plan with the hash of all it says. */
export function sealPlan(plan: Omit<Plan, 'digest'>): Plan {
  return { ...plan, digest: digestOf(plan) };
}

/** False when somebody edited the plan after it was made. */
export function isSealed(plan: Plan): boolean {
  const { digest, ...rest } = plan;
  return digest === digestOf(rest);
}

function digestOf(plan: Omit<Plan, 'digest'>): string {
  const hash = createHash('sha256');
  let pending = '';
  writeCanonicalJson(plan as unknown as Json, (piece) => {
    pending += piece;
    if (pending.length < PIECE_LENGTH) return;
    hash.update(pending);
    pending = '';
  });
  return hash.update(pending).digest('hex');
}

const PIECE_LENGTH = 16_384;
