import type { Connection, ExecResult, Scope, Transport } from '../contract/index.ts';
import { CutoverError } from '../contract/index.ts';
import type { Exec, ShellRequest } from './shell/openShell.ts';
import { openShells, type Shells } from './shell/shells.ts';
import { renderUploadScript } from './shell/uploadScript.ts';
import type { UploadRequest } from './shell/uploadShells.ts';

/** A server as the engine sees it: an open connection, opened again when the last one was lost. */
export interface Link {
  readonly server: string;
  readonly address: string;
  connection(): Promise<Connection>;
  /** Runs a script by `sh`. Rejects and resolves as `exec` of a connection. */
  run(script: string, request: ShellRequest): Promise<ExecResult>;
  /** Runs a script whose input goes on behind it (`renderUploadScript`). */
  upload(request: UploadRequest): Promise<ExecResult>;
  /**
   * More scripts are to come: logs in now, and keeps a shell open, so that each of them costs one round trip. Who needs
   * the connection hears why it could not be made.
   */
  warm(): void;
  /** An upload is about to come: opens its shell too. Does nothing on a link that is not warm. */
  expectUpload(): void;
  /** The shortest that was measured; null where no shell is kept open, or none has run anything. */
  roundTripMs(): number | null;
  close(): Promise<void>;
}

export type LogIn = (connect: () => Promise<Connection>) => Promise<Connection>;

const UPLOAD_ANSWER_BYTES = 16 * 1024 * 1024;

interface Opened {
  readonly connection: Connection;
  /** Null until more than one script is to come. */
  shells: Shells | null;
}

/** `logIn` lets some wait, so that not too many log in at a time. Default: nobody waits. */
export function openLink(
  server: string,
  transport: Transport,
  scope: Scope,
  logIn: LogIn = (connect) => connect(),
): Link {
  const over = new AbortController();
  const signal = AbortSignal.any([scope.signal, over.signal]);
  let opening: Promise<Opened> | null = null;
  /** A login ahead of time that was not made yet, or failed, and that nobody has asked for. */
  let unheard: Promise<Opened> | null = null;
  let isWarm = false;
  let latest: Shells | null = null;

  const connect = async (): Promise<Opened> => {
    const connection = await logIn(() => {
      signal.throwIfAborted();
      return transport.connect({ ...scope, signal });
    });
    void connection.closed.then(() => {
      opening = null;
    });
    return { connection, shells: null };
  };
  const opened = (): Promise<Opened> => {
    if (over.signal.aborted) {
      throw new CutoverError('E_BUG', `The link to ${server} was used after it was closed.`);
    }
    const early = unheard;
    unheard = null;
    if (early !== null) return early;
    if (opening === null) {
      opening = connect();
      opening.catch(() => {
        opening = null;
      });
    }
    return opening;
  };
  const execOf = ({ exec }: Connection): Exec => {
    // Not every transport waits before it asks for the input, or throws: nobody here is ready for either before it returned.
    if (exec) return (request) => Promise.resolve().then(() => exec(request));
    throw new CutoverError('E_CAPABILITY', `${server} (${transport.address}) runs no commands.`, {
      server,
      hint: 'Use a login with a POSIX shell.',
    });
  };
  const heat = (link: Opened): Shells | null => {
    if (isWarm && !over.signal.aborted) link.shells ??= openShells(execOf(link.connection));
    latest = link.shells ?? latest;
    return link.shells;
  };

  return {
    server,
    address: transport.address,
    connection: () => opened().then(({ connection }) => connection),
    async run(script, request) {
      const link = await opened();
      const exec = execOf(link.connection);
      const shells = heat(link);
      if (shells !== null) return shells.run(script, request);
      const { onGiven, ...silent } = request;
      if (onGiven === undefined) return exec({ argv: ['sh', '-s'], stdin: script, ...silent });
      const own = openShells(exec);
      over.signal.addEventListener('abort', own.end, { once: true });
      return own.run(script, request).finally(() => {
        over.signal.removeEventListener('abort', own.end);
        own.end();
      });
    },
    async upload(request) {
      const link = await opened();
      const exec = execOf(link.connection);
      const shells = heat(link);
      if (shells !== null) return shells.upload(request);
      const { signal, content } = request;
      return exec({
        argv: renderUploadScript(),
        stdin: content(),
        signal,
        keepBytes: UPLOAD_ANSWER_BYTES,
      });
    },
    warm() {
      isWarm = true;
      const early = opened();
      unheard = early;
      early
        .then((link) => {
          unheard = null;
          heat(link);
        })
        .catch(() => {});
    },
    expectUpload() {
      if (isWarm) opening?.then((link) => heat(link)?.expectUpload()).catch(() => {});
    },
    roundTripMs: () => latest?.roundTripMs() ?? null,
    async close() {
      over.abort(new CutoverError('E_INTERRUPTED', `The link to ${server} was closed.`));
      const link = await opening?.catch(() => null);
      link?.shells?.end();
      await link?.connection.close();
    },
  };
}
