import type { z } from 'zod';
import {
  defineExtension,
  type Extension,
  type Notice,
  type Notifier,
  type Scope,
} from '../core/contract/index.ts';

/** A notifier that keeps nothing between two notices: its options, and what is done with one. */
export function defineNotifier<S extends z.ZodType>(
  options: S,
  notify: (options: z.output<S>, notice: Notice, scope: Scope) => Promise<void>,
): Extension<Notifier> {
  return defineExtension({
    parse: (raw) => options.parse(raw),
    create: (parsed): Notifier => ({
      notify: (notice, scope) => notify(parsed, notice, scope),
      deadlineMs: deadlineMsOf(parsed),
    }),
  });
}

const USUAL_MS = 10_000;
/** So that one attempt can say what the service did not do in its time. */
const REST_MS = 2_000;

/** Whoever gives a service more time than usual wants it to have that. */
function deadlineMsOf(options: unknown): number {
  const { timeout } = options as { readonly timeout?: unknown };
  return typeof timeout === 'number' ? Math.max(USUAL_MS, timeout + REST_MS) : USUAL_MS;
}
