import type { Connection, ExecResult } from '../../contract/index.ts';
import { type ShellRun, startRun } from './shellRun.ts';

export type Exec = NonNullable<Connection['exec']>;

export interface ShellRequest {
  readonly signal: AbortSignal;
  /** Called for every piece of output as it comes. */
  readonly onStdout?: (chunk: Uint8Array) => void;
  /** Called when a shell is given the script, with what sends more to the stdin of that shell while it runs. */
  readonly onGiven?: (tell: (text: string) => void) => void;
  /** How much of the end of each stream the result holds. */
  readonly keepBytes: number;
}

export interface ShellResult extends ExecResult {
  /** Nothing was printed: a script of ours would have told that it had begun. */
  readonly isSilent: boolean;
}

/** A `sh -s` on the server that runs one script after the other, each in a subshell, so that none leaves anything. */
export interface OpenShell {
  state(): 'opening' | 'idle' | 'busy' | 'ended';
  /** Only when it is idle. Rejects with the signal's reason, which ends the shell too. */
  run(script: string, request: ShellRequest): Promise<ShellResult>;
  /** By the end of its input, after what it does; one that is not open yet is given up. */
  end(): void;
  /** How it ended when it never came to be open; null when it did, or may yet. */
  refusal(): Promise<ExecResult> | null;
}

/** What has not begun to read by then may wait for the end of its input, and gets it. */
const DOUBT_MS = 3_000;

interface Running {
  readonly run: ShellRun;
  readonly onStdout: ((chunk: Uint8Array) => void) | undefined;
  readonly sentAt: number;
  readonly outcome: PromiseWithResolvers<ShellResult>;
}

export interface ShellOptions {
  /** It is open, is idle again, or has ended. */
  readonly onChange: () => void;
  /** So long it took until the shell had read a script that was sent to it. */
  readonly onRoundTrip?: (ms: number) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

export function openShell(
  exec: Exec,
  { onChange, onRoundTrip, now = () => performance.now() }: ShellOptions,
): OpenShell {
  const life = new AbortController();
  let state: ReturnType<OpenShell['state']> = 'opening';
  let refusal: Promise<ExecResult> | null = null;
  let isEnding = false;
  let isShell = false;
  let running: Running | null = null;
  const texts: (string | null)[] = [];
  let more = Promise.withResolvers<void>();

  const send = (text: string | null) => {
    texts.push(text);
    more.resolve();
  };
  const become = (now: typeof state) => {
    if (state === 'ended') return;
    state = now;
    onChange();
  };
  // A transport asks for the first piece when the shell is there.
  async function* input() {
    if (state === 'opening') become(isEnding ? 'ended' : 'idle');
    for (;;) {
      const text = texts.shift();
      if (text === null) return;
      if (text !== undefined) {
        yield Buffer.from(text);
        continue;
      }
      await more.promise;
      more = Promise.withResolvers();
    }
  }
  const end = () => {
    isEnding = true;
    send(null);
  };
  const take = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => {
    if (running === null) return;
    const { run, onStdout, sentAt, outcome } = running;
    const isAnswer = !run.hasBegun();
    run.take(stream, chunk);
    isShell ||= run.hasBegun();
    if (isAnswer && run.hasBegun()) onRoundTrip?.(now() - sentAt);
    if (stream === 'stdout') onStdout?.(chunk);
    if (!run.isOver()) return;
    running = null;
    outcome.resolve(run.result());
    become(isEnding ? 'ended' : 'idle');
  };
  const lasting = exec({
    argv: ['sh', '-s'],
    stdin: input(),
    signal: life.signal,
    keepBytes: 0,
    onStdout: (chunk) => take('stdout', chunk),
    onStderr: (chunk) => take('stderr', chunk),
  });
  const isOver = () => {
    if (state === 'opening' && !isEnding) refusal = lasting;
    send(null);
    become('ended');
  };
  lasting.then(
    ({ exit }) => {
      running?.outcome.resolve({ ...running.run.result(), exit });
      isOver();
    },
    (error: unknown) => {
      running?.outcome.reject(error);
      isOver();
    },
  );

  return {
    state: () => state,
    refusal: () => refusal,
    async run(script, { signal, onStdout, onGiven, keepBytes }) {
      const run = startRun(script, keepBytes);
      const outcome = Promise.withResolvers<ShellResult>();
      const abort = () => life.abort(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      state = 'busy';
      running = { run, onStdout, sentAt: now(), outcome };
      send(run.text);
      onGiven?.((text) => {
        if (running?.run === run) send(text);
      });
      const doubt = setTimeout(() => isShell || end(), DOUBT_MS);
      return outcome.promise.finally(() => {
        clearTimeout(doubt);
        signal.removeEventListener('abort', abort);
      });
    },
    end: () => {
      end();
      if (state === 'opening') life.abort(new Error('it is not needed any more'));
      if (state === 'idle') become('ended');
    },
  };
}
