import { spawn } from 'node:child_process';
import { type AddressInfo, connect, type Socket } from 'node:net';
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type ServerChannel,
  type Session,
  type SFTPWrapper,
} from 'ssh2';
import { fingerprint, keyType } from '../hostKeys/fingerprint.ts';

/** An SSH server in this process, for what a real one would not do on demand. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** One for each host key. */
  readonly hostKeys: readonly {
    readonly type: string;
    readonly base64: string;
    readonly fingerprint: string;
  }[];
  /** Lines for a known_hosts file that trusts all its keys under `127.0.0.1` and its port. */
  readonly knownHosts: string;
  /** What clients tried to log in with, in order: `publickey`, `password`, … without `none`. */
  readonly attempts: readonly string[];
  /** Sessions that were asked for so far. */
  readonly sessions: () => number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Starts a key exchange on every open connection, and resolves when all are through it. */
  readonly rekey: () => Promise<void>;
  /** Cuts every open connection. */
  readonly cut: () => void;
}

export interface TestServerOptions {
  readonly hostKeys?: readonly string[];
  readonly mayLogIn?: (attempt: AuthContext) => boolean | Promise<boolean>;
  /** Takes over authentication altogether. */
  readonly authenticate?: (attempt: AuthContext) => void;
  readonly banner?: string;
  /** What it calls its program. */
  readonly ident?: string;
  /** Sessions at a time on one connection; more are refused as sshd does. */
  readonly maxSessions?: number;
  /** Instead of running the command by `sh -c` on this machine. */
  readonly onExec?: (command: string, accept: () => ServerChannel, reject: () => void) => void;
  /** Instead of refusing SFTP. */
  readonly onSftp?: (accept: () => SFTPWrapper, session: Session) => void;
  /** Instead of serving a connection from the n-th (from 1) client. */
  readonly onSocket?: (count: number, socket: Socket) => 'taken' | 'serve';
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const hostKeys = options.hostKeys ?? [makeKey('ed25519').private];
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  const attempts: string[] = [];
  let accepted = 0;
  let sessions = 0;
  const server = new ssh2.Server({
    hostKeys: [...hostKeys],
    ...(options.banner ? { banner: options.banner } : {}),
    ...(options.ident ? { ident: options.ident } : {}),
  });
  const inner = (server as unknown as { _srv: import('node:net').Server })._srv;
  const [serve] = inner.listeners('connection') as ((socket: Socket) => void)[];
  inner.removeAllListeners('connection').on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
    accepted++;
    socket.setNoDelay(true);
    if (options.onSocket?.(accepted, socket) !== 'taken') serve?.call(inner, socket);
  });
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection)).on('error', () => {});
    connection.on('authentication', async (attempt) => {
      if (attempt.method !== 'none') attempts.push(attempt.method);
      if (options.authenticate !== undefined) return options.authenticate(attempt);
      const may = options.mayLogIn ?? (() => true);
      if (attempt.method !== 'none' && (await may(attempt))) attempt.accept();
      else attempt.reject(['publickey', 'password', 'keyboard-interactive']);
    });
    connection.on('tcpip', (accept, reject, info) => {
      const upstream = connect(info.destPort, info.destIP, () => {
        const channel = accept();
        upstream.pipe(channel).pipe(upstream);
        channel.on('close', () => upstream.destroy());
        upstream.on('close', () => channel.end());
      });
      upstream.once('error', reject);
    });
    let open = 0;
    connection.on('session', (accept, reject) => {
      sessions++;
      if (open >= (options.maxSessions ?? 100)) return void reject();
      open++;
      serveSession(accept(), options, () => open--);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const publics = hostKeys.map((key) => (ssh2.utils.parseKey(key) as ParsedKey).getPublicSSH());

  return {
    port,
    hostKeys: publics.map((key) => ({
      type: keyType(key),
      base64: key.toString('base64'),
      fingerprint: fingerprint(key),
    })),
    knownHosts: publics
      .map((key) => `[127.0.0.1]:${port} ${keyType(key)} ${key.toString('base64')}\n`)
      .join(''),
    attempts,
    sessions: () => sessions,
    accepted: () => accepted,
    rekey: async () => {
      const each = [...connections].map(
        (connection) => new Promise<void>((resolve) => connection.rekey(() => resolve())),
      );
      await Promise.all(each);
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export interface MadeKey {
  readonly private: string;
  readonly public: string;
}

export function makeKey(type: 'ed25519' | 'ecdsa' | 'rsa', passphrase?: string): MadeKey {
  const bits = { ed25519: {}, ecdsa: { bits: 256 }, rsa: { bits: 2048 } }[type];
  const locked = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 };
  // One ed25519 key in 256 that ssh2 makes is malformed: the key itself begins with a zero that it leaves out.
  for (;;) {
    const made: MadeKey = ssh2.utils.generateKeyPairSync(type, { ...bits, ...locked } as never);
    if (!(ssh2.utils.parseKey(made.private, passphrase) instanceof Error)) return made;
  }
}

function serveSession(session: Session, options: TestServerOptions, onClose: () => void): void {
  let counted = true;
  session.on('close', () => {
    if (counted) onClose();
    counted = false;
  });
  session.on('signal', (accept) => accept?.());
  session.on('exec', (accept, reject, { command }) => {
    if (options.onExec !== undefined) options.onExec(command, accept, reject);
    else run(command, accept());
  });
  session.on('sftp', (accept, reject) => {
    if (options.onSftp !== undefined) options.onSftp(accept, session);
    else reject();
  });
}

function run(command: string, channel: ServerChannel): void {
  const child = spawn('sh', ['-c', command], { detached: true });
  channel.pipe(child.stdin).on('error', () => {});
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on('close', () => killGroup(child.pid));
  child.on('close', (code, signal) => {
    channel.exit((code ?? signal?.replace('SIG', '')) as never);
    channel.end();
  });
}

/** With all that the command started; it may have ended already. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
