import type { ExecResult } from '../../contract/index.ts';
import { type Exec, type OpenShell, openShell, type ShellRequest, type ShellResult } from './openShell.ts';
import { type UploadRequest, uploadShells } from './uploadShells.ts';

/**
 * The shells that are open on one connection. A script goes to one that is idle, and so costs one round trip; there is
 * one, and more only while several scripts are at work. An upload has a shell of its own, whose input is over when its
 * data is.
 * How many a server allows (sshd_config, MaxSessions) is only known by trying: so many as have been open at a time.
 * Who may need one more has idle ones of the other kind ended first, lest they hold the last.
 */
export interface Shells {
  run(script: string, request: ShellRequest): Promise<ExecResult>;
  upload(request: UploadRequest): Promise<ExecResult>;
  /** Opens the shell of an upload that is about to come. */
  expectUpload(): void;
  /** The shortest that was measured; null before any was. */
  roundTripMs(): number | null;
  /** Ends what is idle, and opens nothing any more. */
  end(): void;
}

interface Job {
  readonly script: string;
  readonly request: ShellRequest;
  readonly outcome: PromiseWithResolvers<ExecResult>;
  tries: number;
}

/** Of scripts; more at a time wait for one another. */
const MOST_SHELLS = 4;
/** Who waits longer for a shell has idle ones ended whatever has been possible so far. */
const PATIENCE_MS = 2_000;

export function openShells(exec: Exec): Shells {
  const shells = new Set<OpenShell>();
  const queue: Job[] = [];
  const uploads = uploadShells(exec, () => changed());
  let proven = 1;
  let shortestMs: number | null = null;
  let isOver = false;

  const inState = (...states: readonly ReturnType<OpenShell['state']>[]) =>
    [...shells].filter((shell) => states.includes(shell.state()));
  const hasRoom = () => inState('idle', 'busy').length + uploads.open() < proven;
  const open = () => {
    const onRoundTrip = (ms: number) => {
      shortestMs = Math.min(ms, shortestMs ?? ms);
    };
    shells.add(openShell(exec, { onChange: () => changed(), onRoundTrip }));
  };
  const assign = (shell: OpenShell, job: Job) => {
    job.tries++;
    shell.run(job.script, job.request).then((result) => {
      if (!isUnread(result) || job.tries > 1) return job.outcome.resolve(result);
      queue.unshift(job);
      changed();
    }, job.outcome.reject);
  };
  const bury = () => {
    for (const shell of inState('ended')) {
      shells.delete(shell);
      const refusal = shell.refusal();
      if (refusal !== null && shells.size === 0) queue.shift()?.outcome.resolve(refusal);
    }
  };
  const yieldToScripts = () => {
    if (queue.length > 0 && inState('busy').length === 0) uploads.drop();
  };
  const yieldToUploads = () => {
    for (const shell of shells) shell.end();
  };
  const changed = (): void => {
    bury();
    proven = Math.max(proven, inState('idle', 'busy').length + uploads.open());
    for (const shell of inState('idle')) {
      const job = queue.shift();
      if (job !== undefined) assign(shell, job);
    }
    for (const shell of inState('idle').slice(1)) shell.end();
    if (!hasRoom()) yieldToScripts();
    if (queue.length > inState('opening').length && shells.size < MOST_SHELLS) open();
  };

  open();
  return {
    run(script, request) {
      const job: Job = { script, request, outcome: Promise.withResolvers(), tries: 0 };
      const leave = () => {
        const index = queue.indexOf(job);
        if (index < 0) return;
        queue.splice(index, 1);
        job.outcome.reject(request.signal.reason);
      };
      request.signal.throwIfAborted();
      request.signal.addEventListener('abort', leave, { once: true });
      queue.push(job);
      changed();
      const timer = setTimeout(yieldToScripts, PATIENCE_MS);
      return job.outcome.promise.finally(() => {
        clearTimeout(timer);
        request.signal.removeEventListener('abort', leave);
      });
    },
    async upload(request) {
      if (request.isBeside === true) return uploads.run(request);
      if (!uploads.isReady() && !hasRoom()) yieldToUploads();
      const uploading = uploads.run(request);
      // For the script after it, where the server has room.
      if (shells.size === 0 && !isOver) open();
      const timer = setTimeout(() => uploads.isWaiting() && yieldToUploads(), PATIENCE_MS);
      return uploading.finally(() => clearTimeout(timer));
    },
    expectUpload() {
      uploads.expect();
    },
    roundTripMs: () => shortestMs,
    end() {
      isOver = true;
      uploads.drop();
      for (const shell of shells) shell.end();
    },
  };
}

/** The shell had been killed before it could read anything: else the script would have told that it had begun. */
function isUnread({ isSilent, exit }: ShellResult): boolean {
  return isSilent && exit.type !== 'unknown';
}
