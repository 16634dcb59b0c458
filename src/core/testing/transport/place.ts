import type { Connection, ExecRequest, ExecResult, Scope, Sftp, Transport } from '../../contract/index.ts';

/** What a rule asks of a place. */
export type Need =
  | 'exec'
  | 'sftp'
  | 'posixShell'
  | 'unreachable'
  | 'unauthenticated'
  | 'otherHostKey'
  | 'silent'
  | 'cut'
  | 'pause'
  | 'impatient';

/**
 * A server, and a transport that reaches it. What is optional here stands for something that only some can do: where it is
 * missing, the rules that need it are not among the cases. Nothing is called before a case runs.
 */
export interface TransportPlace {
  /** What its connections have. `posixShell`: the login shell is one, or none is in between, so that any word arrives. */
  readonly has: readonly ('exec' | 'sftp' | 'posixShell')[];
  /** The transport, with options that work. */
  readonly transport: () => Transport | Promise<Transport>;
  /** What a transport gets to see. Default: one without secrets, which logs nothing. */
  readonly scope?: (signal: AbortSignal) => Scope;
  /** With `sftp`: a directory of the server in which directories can be made; each case removes what it made. */
  readonly directory?: () => string;
  /** What start-up files print before the output of every command. Default: nothing. */
  readonly noise?: string;
  /** Nobody listens there: `E_UNREACHABLE`. */
  readonly unreachable?: () => Transport | Promise<Transport>;
  /** The server does not let this one in: `E_AUTHENTICATION`. */
  readonly unauthenticated?: () => Transport | Promise<Transport>;
  /** Another key is expected of the server: `E_HOST_KEY`. */
  readonly otherHostKey?: () => Transport | Promise<Transport>;
  /** Somebody listens there, and never says a word. */
  readonly silent?: () => Transport | Promise<Transport>;
  /** Breaks every connection that is open now, without a farewell. Later ones work. */
  readonly cut?: () => void | Promise<void>;
  /** From now on the server does nothing, and its side of the line stays open. */
  readonly pause?: () => void | Promise<void>;
  readonly resume?: () => void | Promise<void>;
  /** With `pause`: as `transport`, told to give up a server that is silent for some seconds. */
  readonly impatient?: () => Transport | Promise<Transport>;
}

/** One sentence of the contract, and how to see that it holds. */
export interface Rule {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Rejects, usually with an AssertionError, when it does not hold. */
  readonly check: (place: TransportPlace) => Promise<void>;
  /** It does something to every connection of the place, or looks at this process: no other may be checked meanwhile. */
  readonly isAlone: boolean;
}

export function rule(name: string, needs: readonly Need[], check: Rule['check']): Rule {
  return { name, needs, check, isAlone: needs.some((need) => ['cut', 'pause', 'impatient'].includes(need)) };
}

export function meets(place: TransportPlace, need: Need): boolean {
  switch (need) {
    case 'exec':
    case 'sftp':
    case 'posixShell':
      return place.has.includes(need);
    case 'pause':
      return place.pause !== undefined && place.resume !== undefined;
    default:
      return place[need] !== undefined;
  }
}

/** A connection for one case. It is closed when the case ends. */
export interface Opened extends AsyncDisposable {
  readonly connection: Connection;
  /** `exec`, with a signal that never fires. What start-up files print is taken away. */
  readonly run: (request: Partial<ExecRequest> & Pick<ExecRequest, 'argv'>) => Promise<ExecResult>;
  readonly sftp: () => Promise<Sftp>;
}

export async function open(
  place: TransportPlace,
  transport: Transport | Promise<Transport> = place.transport(),
): Promise<Opened> {
  const scope = scopeOf(place, new AbortController().signal);
  const connection = await (await transport).connect(scope);
  return {
    connection,
    run: async (request) => {
      const { exec } = connection;
      if (exec === undefined) throw new Error('The connection has no exec.');
      const result = await exec({ signal: new AbortController().signal, ...request });
      return { ...result, stdout: without(place.noise ?? '', result.stdout) };
    },
    sftp: async () => {
      const { sftp } = connection;
      if (sftp === undefined) throw new Error('The connection has no sftp.');
      return sftp();
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

export function scopeOf(place: TransportPlace, signal: AbortSignal): Scope {
  if (place.scope !== undefined) return place.scope(signal);
  return {
    signal,
    log: () => {},
    now: () => new Date(),
    secret: () => Promise.reject(new Error('These cases have no secrets.')),
    resolvePath: (path) => path,
  };
}

function without(noise: string, bytes: Uint8Array): Uint8Array {
  const start = Buffer.from(noise);
  return start.equals(bytes.subarray(0, start.length)) ? bytes.subarray(start.length) : bytes;
}
