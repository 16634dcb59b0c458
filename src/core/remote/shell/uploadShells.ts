import type { ExecResult } from '../../contract/index.ts';
import type { Exec } from './openShell.ts';
import { renderUploadScript } from './uploadScript.ts';

export interface UploadRequest {
  readonly signal: AbortSignal;
  /** The script and the data. Asked for again when it is certain that nobody has read it. */
  readonly content: () => AsyncIterable<Uint8Array>;
  /** It goes beside another one where there is room: nothing is ended for it. Default: it must have a shell. */
  readonly isBeside?: boolean;
}

/** The shells of uploads, one of which may be opened before its upload comes. */
export interface UploadShells {
  run(request: UploadRequest): Promise<ExecResult>;
  /** Opens one for an upload that is about to come. */
  expect(): void;
  /** Ends one that waits. */
  drop(): void;
  /** How many are open, also those at work. */
  open(): number;
  /** One is open, and waits for its upload. */
  isReady(): boolean;
  /** An upload that must have a shell waits for it. */
  isWaiting(): boolean;
}

interface UploadShell {
  state(): 'opening' | 'idle' | 'busy' | 'ended';
  isPressing(): boolean;
  run(request: UploadRequest): Promise<ExecResult>;
  drop(): void;
}

const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/** `onChange`: one is open, or has ended. */
export function uploadShells(exec: Exec, onChange: () => void): UploadShells {
  const shells = new Set<UploadShell>();
  let spare: UploadShell | null = null;
  const open = (): UploadShell => {
    const shell = uploadShell(exec, () => {
      if (shell.state() === 'ended') shells.delete(shell);
      onChange();
    });
    shells.add(shell);
    return shell;
  };
  const take = (): UploadShell => {
    const taken = spare !== null && spare.state() !== 'ended' ? spare : open();
    spare = null;
    return taken;
  };

  return {
    async run(request) {
      request.signal.throwIfAborted();
      const shell = take();
      const waited = shell.state() === 'idle';
      const result = await shell.run(request);
      // It had been killed before it could read anything: else the script would have told that it had begun.
      const isUnread = waited && result.stdout.length === 0 && result.exit.type !== 'unknown';
      return isUnread ? open().run(request) : result;
    },
    expect() {
      if (spare === null || spare.state() === 'ended') spare = open();
    },
    drop() {
      spare?.drop();
      spare = null;
    },
    open: () => [...shells].filter((shell) => shell.state() !== 'opening').length,
    isReady: () => spare?.state() === 'idle',
    isWaiting: () => [...shells].some((shell) => shell.isPressing() && shell.state() === 'opening'),
  };
}

function uploadShell(exec: Exec, onChange: () => void): UploadShell {
  const life = new AbortController();
  const given = Promise.withResolvers<UploadRequest | null>();
  let state: ReturnType<UploadShell['state']> = 'opening';
  let isGiven = false;
  let isPressing = false;
  const become = (now: typeof state) => {
    state = now;
    onChange();
  };
  // A transport asks for the first piece when the shell is there.
  async function* input() {
    become(isGiven ? 'busy' : 'idle');
    const request = await given.promise;
    if (request !== null) yield* request.content();
  }
  const lasting = exec({
    argv: renderUploadScript(),
    stdin: input(),
    signal: life.signal,
    keepBytes: LARGEST_ANSWER_BYTES,
  }).finally(() => {
    given.resolve(null);
    become('ended');
  });
  lasting.catch(() => {});

  return {
    state: () => state,
    isPressing: () => isPressing,
    run(request) {
      const abort = () => life.abort(request.signal.reason);
      request.signal.addEventListener('abort', abort, { once: true });
      isGiven = true;
      isPressing = request.isBeside !== true;
      if (state === 'idle') state = 'busy';
      given.resolve(request);
      return lasting.finally(() => request.signal.removeEventListener('abort', abort));
    },
    drop() {
      given.resolve(null);
      if (state === 'opening') life.abort(new Error('it is not needed any more'));
    },
  };
}
