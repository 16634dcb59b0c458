import { whoseFault } from '../config/thrownAt.ts';
import type { Config } from '../config/types.ts';
import { CutoverError, errorCode, messageOf } from '../contract/index.ts';
import { isHookMeantFor } from '../plan/plannedHooks.ts';
import type { Refusal } from '../plan/refusals.ts';
import { refuseAll } from '../plan/refuse.ts';
import type { Plan, ServerPlan } from '../plan/types.ts';
import type { Override } from '../release/ledger.ts';
import { deploymentOf } from './hookContext.ts';
import { withinDeadline } from './hookDeadline.ts';
import { createHooks, type PlacedHook } from './hooks.ts';
import type { Group } from './openGroup.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';

export interface Asking {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly group: Group;
  /** Why it is to be done whatever a hook says; null: nobody said so. */
  readonly reason: string | null;
}

/**
 * Asks the hooks that may refuse a plan, for each of its servers. Gives who overrides what one of them says; null: nothing
 * speaks against it. Throws `E_REFUSED` with all that does, also where a hook cannot say. Costs nothing where no hook is asked.
 */
export async function askHooks(asking: Asking, plan: Plan): Promise<Override | null> {
  const { runtime, config, group, reason } = asking;
  if (plan.unchanged || group.environment.hooks.length === 0) return null;
  const { all } = await createHooks(runtime, config, group.environment);
  const ask = async (override: string | null) => {
    const asked = { ...asking, reason: override };
    return (await Promise.all(plan.servers.map((server) => refusalsOn(server, all, asked, plan)))).flat();
  };
  const refusals = await ask(null);
  if (refusals.length === 0) return null;
  if (reason === null) refuseAll(refusals);
  refuseAll(await ask(reason));
  return { by: runtime.by, reason: reason! };
}

/** What a hook is asked about. */
export type AskedPlan = Parameters<typeof deploymentOf>[0] &
  Pick<Plan, 'isBroughtAgain'> & { readonly servers: readonly AskedServer[] };

type AskedServer = Pick<ServerPlan, 'name' | 'current' | 'currentRevision'>;

/** All that they say against it on one server, each reason once: a hook may stand at several points. Throws `E_REFUSED` when one cannot say, and what keeps the server from being read. */
export async function refusalsOn(
  server: AskedServer,
  all: readonly PlacedHook[],
  asking: Asking,
  plan: AskedPlan,
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  const isAsked = (placed: PlacedHook) =>
    placed.hook.refuse !== undefined && isHookMeantFor(placed, server.name, plan, asking.group.environment);
  for (const placed of all.filter(isAsked))
    for (const why of await whyNot(placed, asking, plan, server))
      refusals.push({ server: server.name, why, fix: fixOf(placed, asking.reason) });
  return distinct(refusals);
}

function distinct(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((refusal) => [JSON.stringify(refusal), refusal])).values()];
}

async function whyNot(
  { name, secrets, hook, from, deadlineMs }: PlacedHook,
  { runtime, config, group, reason }: Asking,
  plan: AskedPlan,
  server: AskedServer,
): Promise<readonly string[]> {
  const engine = group.engines.get(server.name)!;
  const what = `${server.name}: the hook ${name}, asked whether this may be done,`;
  let reasons: readonly string[] = [];
  let ours: unknown = null;
  await withinDeadline(what, { deadlineMs, cancel: runtime.cancel }, async (signal) => {
    const context = {
      ...scopeFor(runtime, config, { what: `the hook ${name}`, secrets, server: server.name, signal }),
      ...deploymentOf(plan, server, group, runtime.by),
      override: reason,
      readFile: (path: string) => engine.read(path, signal),
    };
    try {
      reasons = reasonsIn(await hook.refuse!(context));
    } catch (error) {
      // What it says when it was told to end is not why.
      if (!signal.aborted && errorCode(error) !== null && errorCode(error) !== 'E_HOOK') ours = error;
      throw error;
    }
  }).catch((error: unknown) => {
    // A server that cannot be reached is no opinion of a hook.
    if (ours !== null) throw ours;
    if (errorCode(error) !== 'E_HOOK') throw error;
    throw new CutoverError('E_REFUSED', `Nothing was touched. ${messageOf(error)}`, {
      ...hintFor(error, from),
      server: server.name,
      cause: error,
    });
  });
  return reasons;
}

/** No log is written of what is only asked: so here stands where it was thrown. */
function hintFor(error: unknown, from: string | null): { readonly hint?: string } {
  if (!(error instanceof CutoverError)) return {};
  return error.hint === undefined ? whoseFault(error.cause, from) : { hint: error.hint };
}

/** Not every plugin is checked by a compiler: what says nothing does not say yes. */
function reasonsIn(answer: unknown): readonly string[] {
  if (Array.isArray(answer) && answer.every((reason) => typeof reason === 'string')) return answer;
  throw new Error('its answer is no list of reasons.');
}

function fixOf({ name }: PlacedHook, reason: string | null): string {
  return reason === null
    ? `The hook ${name} refuses it. Where it is meant all the same: --override --reason TEXT`
    : `The hook ${name} refuses it whatever the reason: it would have to go out of the configuration.`;
}
