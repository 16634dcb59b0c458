import { CutoverError } from '../../contract/index.ts';
import { type ByteReader, byteReader, counted, whole } from './byteReader.ts';
import { type GitProcess, killOn, type Surroundings, startGit } from './command.ts';
import { gitError } from './gitError.ts';

export interface ObjectInfo {
  readonly object: string;
  readonly type: string;
  readonly sizeBytes: number;
}

export interface ObjectStream extends ObjectInfo {
  /** What is left unread is skipped when the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface ObjectContent extends ObjectInfo {
  readonly content: Buffer;
}

/**
 * The objects of a repository through one git-cat-file(1), which is started by the first question, waits for the next
 * ones, and is ended when none came for a while. Names are revisions (gitrevisions(7)) without control characters; the
 * answers come in their order, null where there is no such object. Calls wait for each other. Rejects with `E_SOURCE`
 * when git fails, or with the reason of the signal.
 */
export interface Objects {
  /** Starts git before there is a question. */
  warm(): void;
  info(names: readonly string[], signal: AbortSignal): Promise<readonly (ObjectInfo | null)[]>;
  /** In memory, so for small ones. */
  contents(names: readonly string[], signal: AbortSignal): Promise<readonly (ObjectContent | null)[]>;
  /** None is ever in memory as a whole. No other question may be asked before the end. */
  stream(names: readonly string[], signal: AbortSignal): AsyncGenerator<ObjectStream | null>;
  close(): void;
}

/** `path` is for messages. Starts nothing yet. */
export function openObjects(path: string, where: Surroundings): Objects {
  let running: Running | null = null;
  let dialect: Dialect = COMMANDS;
  let turn: Promise<void> = Promise.resolve();

  function run(): Running {
    running = start(dialect, where);
    return running;
  }

  function end(): void {
    running?.end();
    running = null;
  }

  /** Git before 2.36 has no --batch-command, and ends at once with a usage message. */
  async function asked(
    verb: Verb,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<[Running, string | null]> {
    const first = running ?? run();
    const header = await first.ask(dialect.lines(verb, names), signal);
    if (header !== null || dialect === LINES || !(await first.isUnknownOption())) return [first, header];
    dialect = LINES;
    const second = run();
    return [second, await second.ask(dialect.lines(verb, names), signal)];
  }

  async function* answers(verb: Verb, names: readonly string[], signal: AbortSignal): AsyncGenerator<Answer> {
    if (names.length === 0) return;
    const before = turn;
    let done: () => void = () => undefined;
    turn = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    let complete = false;
    let git: Running | null = null;
    try {
      signal.throwIfAborted();
      let header: string | null;
      [git, header] = await asked(verb, names, signal);
      for (let index = 0; index < names.length; index += 1) {
        if (index > 0) header = await git.reader.line();
        signal.throwIfAborted();
        if (header === null) throw gitError(path, ['cat-file'], await git.ending());
        yield* answer(git.reader, header, dialect.hasContent(verb));
        signal.throwIfAborted();
      }
      complete = true;
    } finally {
      if (complete) git?.rest(end);
      else end();
      done();
    }
  }

  return {
    warm: () => {
      if (running === null) run().rest(end);
    },
    info: async (names, signal) => {
      const found: (ObjectInfo | null)[] = [];
      for await (const each of answers('info', names, signal)) {
        found.push(each && { object: each.object, type: each.type, sizeBytes: each.sizeBytes });
      }
      return found;
    },
    contents: async (names, signal) => {
      const found: (ObjectContent | null)[] = [];
      for await (const each of answers('contents', names, signal)) {
        found.push(each && { ...each, content: await whole(each.chunks) });
      }
      return found;
    },
    stream: (names, signal) => answers('contents', names, signal),
    close: end,
  };
}

export function missingObject(path: string, object: string): CutoverError {
  return new CutoverError('E_SOURCE', `The repository ${path} lacks the object ${object}.`, {
    hint: 'Repair it: git fsck tells what is missing, git fetch --refetch brings it again.',
  });
}

type Verb = 'info' | 'contents';
type Answer = ObjectStream | null;

/** What is written to ask. */
interface Dialect {
  readonly args: readonly string[];
  readonly lines: (verb: Verb, names: readonly string[]) => readonly string[];
  readonly hasContent: (verb: Verb) => boolean;
}

const COMMANDS: Dialect = {
  args: ['cat-file', '--batch-command', '--buffer'],
  lines: (verb, names) => [...names.map((name) => `${verb} ${name}\n`), 'flush\n'],
  hasContent: (verb) => verb === 'contents',
};

const LINES: Dialect = {
  args: ['cat-file', '--batch'],
  lines: (_, names) => names.map((name) => `${name}\n`),
  hasContent: () => true,
};

interface Running {
  readonly reader: ByteReader;
  /** Writes, and gives the first line of the answer; null: git has ended. */
  ask(lines: readonly string[], signal: AbortSignal): Promise<string | null>;
  isUnknownOption(): Promise<boolean>;
  ending(): Promise<{ readonly stderr: string; readonly code: string | undefined }>;
  /** All was answered: it does not keep this process from ending, and `onIdle` is called after a while. */
  rest(onIdle: () => void): void;
  end(): void;
}

const IDLE_MS = 5000;
const USAGE_STATUS = 129;

function start(dialect: Dialect, where: Surroundings): Running {
  const child = startGit(dialect.args, where);
  const reader = byteReader(outputOf(child));
  let idle: NodeJS.Timeout | undefined;
  let stopListening: () => void = () => undefined;
  return {
    reader,
    ask: async (lines, signal) => {
      clearTimeout(idle);
      hold(child, true);
      stopListening = killOn(signal, child);
      child.stdin.write(lines.join(''));
      return await reader.line();
    },
    isUnknownOption: async () => (await child.ended).exitCode === USAGE_STATUS,
    ending: () => child.ended,
    rest: (onIdle) => {
      stopListening();
      hold(child, false);
      idle = setTimeout(onIdle, IDLE_MS).unref();
    },
    end: () => {
      stopListening();
      clearTimeout(idle);
      child.kill();
    },
  };
}

async function* outputOf(child: GitProcess): AsyncGenerator<Uint8Array> {
  for await (const chunk of child.stdout) yield chunk as Uint8Array;
}

/** Whether this process waits for it. */
function hold(child: GitProcess, isHeld: boolean): void {
  for (const part of [child, child.stdin, child.stdout, child.stderr] as { ref?(): void; unref?(): void }[]) {
    if (isHeld) part.ref?.();
    else part.unref?.();
  }
}

/** `<object> SP <type> SP <size> LF`, the content and LF; or the name and why there is none. */
async function* answer(reader: ByteReader, header: string, hasContent: boolean): AsyncGenerator<Answer> {
  const [, object, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header) ?? [];
  if (object === undefined || type === undefined) {
    yield null;
    return;
  }
  const sizeBytes = Number(size);
  let unread = hasContent ? sizeBytes : 0;
  yield { object, type, sizeBytes, chunks: counted(reader.take(unread), (count) => (unread -= count)) };
  for await (const chunk of reader.take(unread)) unread -= chunk.length;
  if (hasContent) await reader.line();
}
