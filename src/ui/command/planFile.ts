import { readFile, rename, writeFile } from 'node:fs/promises';
import { CutoverError, messageOf } from '../../core/contract/index.ts';
import type { Plan } from '../../core/plan/types.ts';
import { jsonText } from '../escape.ts';

/** Never leaves half a plan behind. */
export async function writePlan(path: string, plan: Plan): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${jsonText(plan, 2)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    throw new CutoverError('E_USAGE', `The plan could not be written to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What it says is checked when it is run: here only that it is a plan at all. */
export async function readPlan(path: string): Promise<Plan> {
  const hint = 'A plan is written by "cutover plan ENV --out FILE".';
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CutoverError('E_USAGE', `The plan ${path} could not be read: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  });
  try {
    const plan = JSON.parse(text) as Plan;
    if (typeof plan.version === 'number' && typeof plan.digest === 'string' && Array.isArray(plan.servers))
      return plan;
  } catch {
    // Told below.
  }
  throw new CutoverError('E_STALE', `${path} is not a plan. Nothing was touched.`, { hint });
}
