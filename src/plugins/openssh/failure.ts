import { CutoverError, type ErrorCode } from '../../core/contract/index.ts';
import type { Options } from './options.ts';

/** Makes an error of what ssh has said when it could not log in. `command` is how the user does the same by hand. */
export function loginFailure(
  { host, program }: Pick<Options, 'host' | 'program'>,
  failed: { readonly lines: readonly string[]; readonly message: string; readonly exitCode: number | null },
  command: string,
): CutoverError {
  const { lines, message, exitCode } = failed;
  if (exitCode === 127 && lines.some((line) => /not found|No such file/i.test(line))) {
    return new CutoverError(
      'E_CAPABILITY',
      `Could not start \`${program}\` on this machine to reach ${host}.`,
      {
        hint: 'Install the OpenSSH client, or set `program` to the path of its ssh.',
        cause: failed,
      },
    );
  }
  const known = KINDS.find(({ says }) => lines.some((line) => says.test(line)));
  const why = known === undefined ? message : (lines.find((line) => known.says.test(line)) ?? message);
  const { code, hint } = known ?? UNREACHABLE;
  return new CutoverError(
    code,
    `Could not connect to ${host}: ${sentence(code === 'E_UNREACHABLE' ? message : why)}`,
    {
      hint: hint(command, lines),
      cause: failed,
    },
  );
}

/**
 * Worth another try: a server that has too many guests hangs up before the handshake (sshd_config, MaxStartups), and a
 * name server may ask for patience.
 */
export function isCrowded(lines: readonly string[]): boolean {
  const last = lines.at(-1) ?? '';
  return (
    lines.length <= 2 &&
    (lines.some((line) => /^kex_exchange_identification: /.test(line)) ||
      /Temporary failure in name/.test(last))
  );
}

interface Kind {
  readonly code: ErrorCode;
  readonly hint: (command: string, lines: readonly string[]) => string;
}

const UNREACHABLE: Kind = {
  code: 'E_UNREACHABLE',
  hint: (command) => `See how far it comes by hand: \`${command} -v\``,
};

const KINDS: readonly (Kind & { readonly says: RegExp })[] = [
  {
    code: 'E_CONFIG',
    says: /Bad configuration option|Bad owner or permissions|^command-line|terminating, \d+ bad|Can't open user config file|keyword .* extra arguments|unknown option/,
    hint: () => 'Correct it in ssh_config, or in `sshOptions`.',
  },
  {
    code: 'E_HOST_KEY',
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED|^Host key for .* has changed|REVOKED HOST KEY/,
    hint: (_command, lines) =>
      `If the server was made anew, compare the fingerprint${shown(lines)} and remove the old key${where(lines)}.`,
  },
  {
    code: 'E_HOST_KEY',
    says: /^No .* host key is known for|^Host key verification failed/,
    hint: (command) => `Log in once by hand, and compare the fingerprint before saying yes: \`${command}\``,
  },
  {
    code: 'E_AUTHENTICATION',
    says: /Permission denied \(|Too many authentication failures|No more authentication methods|sign_and_send_pubkey: .* failed/,
    hint: (command) =>
      `Nobody is asked for a password or a passphrase: put the key into the agent (\`ssh-add\`). What was tried: \`${command} -v\``,
  },
  { ...UNREACHABLE, says: /^ssh: |^kex_exchange|^Connection |timed out|Timeout, server/ },
];

function shown(lines: readonly string[]): string {
  const fingerprint = lines.map((line) => /(SHA256:[A-Za-z0-9+/]+)/.exec(line)?.[1]).find(Boolean);
  return fingerprint === undefined ? '' : ` ${fingerprint}`;
}

function where(lines: readonly string[]): string {
  const place = lines.map((line) => /^Offending .* in (.*):(\d+)$/.exec(line)).find(Boolean);
  return place ? ` from line ${place[2]} of ${place[1]}` : '';
}

function sentence(text: string): string {
  return /[.!]$/.test(text) ? text : `${text}.`;
}
