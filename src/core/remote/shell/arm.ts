import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../contract/index.ts';
import type { ActivateRequest, Armed, Fence, Switched } from '../engine.ts';
import type { Link } from '../link.ts';
import { type ClockPair, switchedWithin } from '../switchedWithin.ts';
import { activateScript, armScript, type Waiting } from './activate.ts';
import { runScript, type Talk, talkWith, untilKnown } from './run.ts';
import type { Fields, Script } from './script.ts';

export type ArmRequest = ActivateRequest & { readonly clockMs: () => number };

/** Longer than the slowest server of a group may need to be armed, and no longer than a lock holds without its owner. */
const TIMES = { limitSec: 60, beatEverySec: 10 };
const DISARM_MS = 10_000;
const FIRST_PAIRS = 4;
const MOST_PAIRS = 12;
const BETWEEN_MS = 25;
/** A far server is not asked so often: each pair is a round trip, which the group waits for. */
const ASKING_MS = 60;

/** As `arm` of an engine: the script waits in a shell of the link, which may be the only one that the server allows. */
export async function arm(
  link: Link,
  path: string,
  fence: Fence,
  request: ArmRequest,
  signal: AbortSignal,
  times: Omit<Waiting, 'nonce'> = TIMES,
): Promise<Armed> {
  const { clockMs } = request;
  const { talk, pairs } = await untilKnown(
    async () => {
      const nonce = randomBytes(8).toString('hex');
      const opened = open(link, armScript(path, fence, request, { nonce, ...times }), fence, clockMs);
      const asked: ClockPair[] = [];
      await opened.until(signal, () => askClock(opened, clockMs, asked));
      return { talk: opened, pairs: asked };
    },
    { signal },
  );

  /** Nobody knows, or it had given up: what is convergent is done once more. */
  const inOneGo = async (sentMs: number, again: AbortSignal): Promise<Switched> => {
    await runScript(link, activateScript(path, fence, request), { signal: again, journal: fence.journal });
    return talk.switched(sentMs, pairs) ?? { earliestMs: sentMs, latestMs: clockMs() };
  };
  const outcome = async (sentMs: number, firing: AbortSignal): Promise<Switched> => {
    try {
      await talk.until(firing, () => talk.ended);
    } catch (error) {
      if (errorCode(error) !== 'E_UNKNOWN' && errorCode(error) !== 'E_UNREACHABLE') throw error;
      return inOneGo(sentMs, firing);
    }
    return talk.switched(sentMs, pairs) ?? inOneGo(sentMs, firing);
  };
  return {
    fire(firing) {
      const sentMs = clockMs();
      talk.tell('fire');
      return outcome(sentMs, firing);
    },
    async disarm() {
      talk.tell('disarm');
      const patience = AbortSignal.timeout(DISARM_MS);
      await talk.until(patience, () => talk.ended).catch(() => {});
    },
  };
}

/** A script that is armed, or about to be. */
interface Conversation {
  /** A shell takes such a line for nothing, where it comes after the end of the script. */
  tell(line: 'tick' | 'fire' | 'disarm'): void;
  /** It was not told yet what becomes of it. */
  isAsked(): boolean;
  /** What it has printed, once that is so; null when it ended before. Rejects when it failed. */
  hear(isSo: (fields: Fields) => boolean): Promise<Fields | null>;
  /** Its end is known. */
  readonly ended: Promise<Fields>;
  /** Null while it has not told that it switched. */
  switched(sentMs: number, pairs: readonly ClockPair[]): Switched | null;
  /** Ends it when the signal fires before the work is done. */
  until<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

function open(link: Link, script: Script, fence: Fence, clockMs: () => number): Conversation {
  const life = new AbortController();
  let say = (_: string) => {};
  let fields: Fields | null = null;
  let heardMs: number | null = null;
  let isAsked = true;
  let news = Promise.withResolvers<void>();
  const talk: Talk = {
    onGiven: (tell) => {
      say = tell;
    },
    onFields: (now) => {
      fields = now;
      if (now.one('switched')) heardMs ??= clockMs();
      news.resolve();
      news = Promise.withResolvers();
    },
  };
  const ended = talkWith(link, script, talk, { signal: life.signal, journal: fence.journal });
  ended.catch(() => {});
  return {
    ended,
    isAsked: () => isAsked,
    tell(line) {
      isAsked &&= line === 'tick';
      say(`: ${line}\n`);
    },
    async hear(isSo) {
      for (;;) {
        if (fields !== null && isSo(fields)) return fields;
        if ((await Promise.race([news.promise, ended])) !== undefined) return null;
      }
    },
    switched(sentMs, pairs) {
      if (heardMs === null) return null;
      const [beforeMs, behindMs] = (fields?.one('switched') ?? '').split(' ').map(toMs);
      const server = beforeMs && behindMs ? { beforeMs, behindMs } : null;
      return switchedWithin({ sentMs, heardMs, server }, pairs);
    },
    async until(signal, work) {
      const abort = () => life.abort(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await work();
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

/**
 * Asks for the server's clock, one question after the other, so that none waits behind another, as long as it is armed:
 * the others of its group may be busy on the same processors, and one quick answer is worth many slow ones. Resolves once it
 * is armed and was asked for a while.
 */
async function askClock(talk: Conversation, clockMs: () => number, pairs: ClockPair[]): Promise<void> {
  const armed = await talk.hear((fields) => !!fields.one('armed'));
  if (armed?.one('armed') !== 'perl') return;
  const ask = async (): Promise<boolean> => {
    const askedMs = clockMs();
    const tick = (fields: Fields | null) => fields?.all('tick')[pairs.length];
    talk.tell('tick');
    const serverMs = toMs(tick(await talk.hear((fields) => !!tick(fields))) ?? '');
    if (serverMs) pairs.push({ askedMs, serverMs, answeredMs: clockMs() });
    return !!serverMs && pairs.length < MOST_PAIRS;
  };
  const goOn = async () => {
    do await delay(BETWEEN_MS, undefined, { ref: false });
    while (talk.isAsked() && (await ask()));
  };
  const beginMs = clockMs();
  while (await ask()) {
    if (pairs.length < FIRST_PAIRS && clockMs() - beginMs < ASKING_MS) continue;
    goOn().catch(() => {});
    return;
  }
}

/** Not a number where there is no such clock. */
function toMs(seconds: string): number {
  return Number(seconds || 'none') * 1000;
}
