import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Connection, Json } from '../../../core/contract/index.ts';
import { fakeScope } from '../../testing/scope.ts';
import { connect } from '../link/connect.ts';
import { Options } from '../options.ts';
import type { Surroundings } from '../settings/surroundings.ts';
import type { TestServer } from './server.ts';

/** A user with a home of their own, so that no test sees the keys and settings of whoever runs it. */
export interface TestUser extends AsyncDisposable {
  readonly home: string;
  readonly around: Surroundings;
  readonly scope: ReturnType<typeof fakeScope>;
  /** Writes a file below `~/.ssh`, and gives its path. */
  readonly write: (name: string, text: string) => Promise<string>;
  /** Trusts a server's keys. */
  readonly trust: (server: TestServer) => Promise<void>;
  readonly connect: (options: { readonly [name: string]: Json }) => Promise<Connection>;
  /** Connects with a password that every test server takes. */
  readonly connectTo: (server: TestServer, more?: { readonly [name: string]: Json }) => Promise<Connection>;
}

export async function makeUser(
  given: { readonly env?: NodeJS.ProcessEnv; readonly secrets?: Readonly<Record<string, string>> } = {},
): Promise<TestUser> {
  const home = await mkdtemp(join(tmpdir(), 'cutover-home-'));
  await mkdir(join(home, '.ssh'), { mode: 0o700 });
  const scope = fakeScope({ secrets: { PASSWORD: 'right', ...given.secrets } });
  const around: Surroundings = {
    homeDirectory: home,
    accountDirectory: userInfo().homedir,
    localUser: 'tester',
    localHost: 'here.example',
    env: { PATH: process.env.PATH, ...given.env },
  };
  const opened: Connection[] = [];
  const write = async (name: string, text: string) => {
    const file = join(home, '.ssh', name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const open = async (options: { readonly [name: string]: Json }) => {
    const connection = await connect(Options.parse(options), scope, around, [1, 1, 1]);
    opened.push(connection);
    return connection;
  };
  return {
    home,
    around,
    scope,
    write,
    trust: async (server) => void (await write('known_hosts', server.knownHosts)),
    connect: open,
    connectTo: (server, more = {}) =>
      open({ host: '127.0.0.1', port: server.port, password: { env: 'PASSWORD' }, agent: false, ...more }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((connection) => connection.close()));
      await rm(home, { recursive: true });
    },
  };
}
