import { execFileSync } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Connection, Json, Sftp } from '../../../src/core/contract/index.ts';
import { makeUser, type TestUser } from '../../../src/plugins/ssh2/testing/client.ts';
import type { SshServer } from '../support/sshServer.ts';

export const never = new AbortController().signal;

/** A user who trusts the server, and knows its password. */
export async function trusting(
  of: SshServer,
  secrets: Readonly<Record<string, string>> = {},
): Promise<TestUser> {
  const user = await makeUser({ secrets: { PASSWORD: of.password, ...secrets } });
  await user.write('known_hosts', await readFile(of.knownHostsPath, 'utf8'));
  return user;
}

type Options = { readonly [name: string]: Json };

export function login(to: SshServer, more: Options = {}): Options {
  return { host: to.host, port: to.port, user: to.user, agent: false, ...more };
}

export function byKey(to: SshServer, more: Options = {}): Options {
  return login(to, { identityFile: to.privateKeyPath, ...more });
}

/** The run's key, encrypted. */
export async function lockedKey(of: SshServer, user: TestUser, passphrase: string): Promise<string> {
  const file = join(user.home, '.ssh', 'locked');
  await copyFile(of.privateKeyPath, file);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', passphrase, '-f', file], { stdio: 'ignore' });
  return file;
}

export async function output(
  connection: Connection,
  argv: readonly string[],
  stdin?: string,
): Promise<string> {
  const result = await connection.exec?.({ argv, signal: never, ...(stdin === undefined ? {} : { stdin }) });
  expect(result?.exit).toEqual({ type: 'code', code: 0 });
  return text(result?.stdout);
}

export async function openSftp(connection: Connection): Promise<Sftp> {
  const sftp = await connection.sftp?.();
  if (sftp === undefined) throw new Error('The connection has no SFTP.');
  return sftp;
}

/** So many pieces of 100,000 bytes, each of its own kind. */
export async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(100_000, index);
}

export function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
