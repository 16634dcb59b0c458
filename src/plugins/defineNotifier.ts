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
    create: (parsed): Notifier => ({ notify: (notice, scope) => notify(parsed, notice, scope) }),
  });
}
