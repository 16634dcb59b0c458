import type { Connection, ExecResult, Scope, Transport } from '../contract/index.ts';
import { CutoverError, errorCode } from '../contract/index.ts';
import { connect, type LoginLimits } from './connect.ts';
import { type JointWork, jointWork } from './jointWork.ts';
import type { Exec, ShellRequest } from './shell/openShell.ts';
import { openShells, type Shells } from './shell/shells.ts';
import { renderUploadScript } from './shell/uploadScript.ts';
import type { UploadRequest } from './shell/uploadShells.ts';

/**
 * A server as the engine sees it: an open connection, opened again when the last one was lost. All share one login, and each
 * waits for it until its own signal fires: `E_TIMEOUT` where that was a deadline, else `E_INTERRUPTED`. The login is given up when nobody waits
 * for it any more, or the link is closed.
 */
export interface Link {
  readonly server: string;
  readonly address: string;
  connection(signal: AbortSignal): Promise<Connection>;
  /** Runs a script by `sh`. Rejects and resolves as `exec` of a connection. */
  run(script: string, request: ShellRequest): Promise<ExecResult>;
  /** Runs a script whose input goes on behind it (`renderUploadScript`). */
  upload(request: UploadRequest): Promise<ExecResult>;
  /**
   * More scripts are to come: logs in now, and keeps a shell open, so that each of them costs one round trip. Who needs
   * the connection hears why it could not be made. Until somebody does, the login is not given up.
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
  limits: LoginLimits = {},
): Link {
  const over = new AbortController();
  const lasting = AbortSignal.any([scope.signal, over.signal]);
  let opening: JointWork<Opened> | null = null;
  /** A login ahead of time that was not made yet, or failed, and that nobody has asked for. */
  let unheard: JointWork<Opened> | null = null;
  let isWarm = false;
  let latest: Shells | null = null;

  const begin = (): JointWork<Opened> => {
    const forget = () => {
      if (opening === mine) opening = null;
    };
    const mine = jointWork(async (wanted): Promise<Opened> => {
      const signal = AbortSignal.any([lasting, wanted]);
      const connection = await logIn(() => connect(server, transport, { ...scope, signal }, limits));
      void connection.closed.then(forget);
      return { connection, shells: null };
    });
    mine.outcome.catch(forget);
    return mine;
  };
  const login = (): JointWork<Opened> => {
    if (over.signal.aborted) {
      throw new CutoverError('E_BUG', `The link to ${server} was used after it was closed.`);
    }
    const early = unheard;
    unheard = null;
    if (early !== null) return early;
    if (opening === null || opening.isGivenUp()) opening = begin();
    return opening;
  };
  const opened = (signal: AbortSignal): Promise<Opened> => {
    if (signal.aborted) return Promise.reject(stopped(server, signal));
    return login()
      .join(signal)
      .catch((error: unknown) => {
        throw signal.aborted && errorCode(error) === null ? stopped(server, signal) : error;
      });
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
    connection: (signal) => opened(signal).then(({ connection }) => connection),
    async run(script, request) {
      const link = await opened(request.signal);
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
      const link = await opened(request.signal);
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
      const early = login();
      unheard = early;
      early.outcome
        .then((link) => {
          unheard = null;
          heat(link);
        })
        .catch(() => {});
    },
    expectUpload() {
      if (isWarm) opening?.outcome.then((link) => heat(link)?.expectUpload()).catch(() => {});
    },
    roundTripMs: () => latest?.roundTripMs() ?? null,
    async close() {
      over.abort(new CutoverError('E_INTERRUPTED', `The link to ${server} was closed.`));
      const link = await opening?.outcome.catch(() => null);
      link?.shells?.end();
      await link?.connection.close();
    },
  };
}

/** The signal has a reason, but not one that a person could use. */
function stopped(server: string, { reason }: AbortSignal): CutoverError {
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? new CutoverError('E_TIMEOUT', `${server}: logging in took too long and was given up.`, {
        server,
        cause: reason,
      })
    : new CutoverError('E_INTERRUPTED', `${server}: logging in was interrupted.`, { server, cause: reason });
}
