import { CutoverError, errorCode } from '../contract/index.ts';
import type { Effects } from '../transaction/runTransaction.ts';
import { emitNow, type Runtime } from './runtime.ts';

/**
 * Tells where something was thrown that is none of our errors, for whoever mends that: the logs of servers keep it, no
 * notice has it. What only says that it was told to end is no fault.
 */
export function tellFault(runtime: Runtime, server: string | null, error: unknown): void {
  const stack = stackOf(error);
  if (stack !== null) emitNow(runtime, { type: 'fault', server, stack });
}

/** What is no error of ours is a bug: people get one line of it as the reason (`E_BUG`), and the log all. */
export function withFaultsTold(effects: Effects, runtime: Runtime): Effects {
  const tellOf = (server: string) => (error: unknown) => {
    tellFault(runtime, server, error);
    throw errorCode(error) === null ? asBug(server, error) : error;
  };
  return {
    ...effects,
    arm: (server) => effects.arm(server).catch(tellOf(server)),
    perform: (effect) => effects.perform(effect).catch(tellOf(effect.server)),
    compensate: (server) => effects.compensate(server).catch(tellOf(server)),
  };
}

function asBug(server: string, error: unknown): CutoverError {
  const [first = ''] = String(error).split('\n');
  return new CutoverError('E_BUG', `${server}: ${first}`, {
    server,
    hint: `This is a bug, in cutover or in a plugin. The log of ${server} says where.`,
    cause: error,
  });
}

function stackOf(error: unknown): string | null {
  const code = errorCode(error);
  if (!(error instanceof Error) || (code !== null && code !== 'E_BUG')) return null;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return null;
  const cause = stackOf(error.cause);
  return `${error.stack ?? String(error)}${cause === null ? '' : `\nCause: ${cause}`}`;
}
