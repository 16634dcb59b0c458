import { CutoverError } from '../../../core/contract/index.ts';
import type { Host } from '../settings/host.ts';
import { wordsFor } from './words.ts';

/** Names host, port and cause, and the command that tells more. */
export function unreachable(host: Host, cause: unknown): CutoverError {
  const alias = host.name === host.host ? '' : ` (${host.name} in ssh_config)`;
  return new CutoverError(
    'E_UNREACHABLE',
    `Could not connect to ${host.host}:${host.port}${alias}: ${wordsFor(cause)}.`,
    { hint: `See how far OpenSSH comes: \`ssh -v -p ${host.port} ${host.user}@${host.host}\``, cause },
  );
}
