import { setTimeout as delay } from 'node:timers/promises';
import { defineExtension, type Hook, type HookContext } from '../../core/contract/index.ts';
import { showDuration } from '../duration.ts';
import { Options } from './options.ts';

/** Lets time pass, so that what is wrong with a release has a chance to show before the next thing happens. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => wait(options, context),
    interrupted: 'again',
    deadlineMs: options.for + SLACK_MS,
  }),
});

/** A machine that sleeps or is busy wakes up late. */
const SLACK_MS = 60_000;

async function wait(options: Options, { signal, log }: HookContext): Promise<void> {
  log(`waiting for ${showDuration(options.for)}`);
  for (let leftMs = options.for; leftMs > 0; ) {
    const partMs = Math.min(options.every, leftMs);
    await delay(partMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    leftMs -= partMs;
    if (leftMs > 0) log(`${showDuration(leftMs)} left`);
  }
}
