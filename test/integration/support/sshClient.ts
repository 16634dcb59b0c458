import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { scratch } from './scratch.ts';
import type { SshServer } from './sshServer.ts';

export interface ClientResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line on the server through this machine's `ssh`, by key: an independent way in. */
export async function ssh(server: SshServer, command: string, input = ''): Promise<ClientResult> {
  return run('ssh', [...byKey(server), '-p', String(server.port), address(server), command], input);
}

/** The same by password. */
export async function sshByPassword(
  server: SshServer,
  password: string,
  command: string,
): Promise<ClientResult> {
  await using directory = await scratch();
  const askpass = join(directory.path, 'askpass');
  await writeFile(askpass, '#!/bin/sh\nprintf "%s\\n" "$ANSWER"\n', { mode: 0o700 });
  const env = { SSH_ASKPASS_REQUIRE: 'force', SSH_ASKPASS: askpass, ANSWER: password };
  const args = [...byPassword(server), '-p', String(server.port), address(server), command];
  // The directory has to outlive the call.
  return await run('ssh', args, '', env);
}

/** Runs the lines as an `sftp` batch, which ends at the first one that fails. */
export async function sftpBatch(server: SshServer, lines: readonly string[]): Promise<ClientResult> {
  const args = [...byKey(server), '-P', String(server.port), '-b', '-', address(server)];
  return run('sftp', args, `${lines.join('\n')}\n`);
}

function byKey(server: SshServer): readonly string[] {
  return [
    ...trusting(server),
    ...settings({ BatchMode: 'yes', IdentitiesOnly: 'yes', IdentityFile: server.privateKeyPath }),
  ];
}

function byPassword(server: SshServer): readonly string[] {
  return [
    ...trusting(server),
    ...settings({ PreferredAuthentications: 'password', NumberOfPasswordPrompts: '1' }),
  ];
}

/** Nothing of the user's own configuration, and no other host key than the server's. */
function trusting(server: SshServer): readonly string[] {
  return [
    '-F',
    'none',
    ...settings({
      StrictHostKeyChecking: 'yes',
      UserKnownHostsFile: server.knownHostsPath,
      GlobalKnownHostsFile: 'none',
    }),
  ];
}

function settings(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function address(server: SshServer): string {
  return `${server.user}@${server.host}`;
}

async function run(
  program: string,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ClientResult> {
  const result = await execa(program, args, {
    input,
    env: { ...env, SSH_AUTH_SOCK: undefined },
    reject: false,
  });
  return { exitCode: result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr };
}
