import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { CutoverError, quoteAll } from '../../../core/contract/index.ts';
import type { Directives } from './directives.ts';
import type { Surroundings } from './surroundings.ts';

/** A host as it is asked for: what is known already decides which parts of ssh_config match. */
export interface Asked {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
}

/**
 * What ssh_config says of a host, from the OpenSSH client itself (`ssh -G`), which follows Include, Match and every
 * token. Null where there is no such client. Throws `E_CONFIG` when ssh_config is wrong.
 */
export async function askOpenSsh(
  asked: Asked,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Directives | null> {
  const argv = ['-G', ...(await configurationFile(around)), ...login(asked), '--', asked.host];
  const result = await execa('ssh', argv, {
    env: { ...around.env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: TIMEOUT_MS,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.exitCode === 0) return parseDirectives(result.stdout);
  if (result.code === 'ENOENT') return null;
  throw new CutoverError(
    'E_CONFIG',
    `OpenSSH could not make sense of its configuration for ${asked.host}: ${result.stderr.trim() || result.shortMessage}`,
    { hint: `Run \`${quoteAll(['ssh', ...argv])}\` and correct what it names.` },
  );
}

/** Lines of `keyword value`. */
export function parseDirectives(text: string): Directives {
  const directives = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, keyword, value] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (keyword === undefined || value === undefined) continue;
    const key = keyword.toLowerCase();
    directives.set(key, [...(directives.get(key) ?? []), value]);
  }
  return directives;
}

const TIMEOUT_MS = 10_000;

/** OpenSSH ignores HOME; somebody who sets it means the configuration in there. */
async function configurationFile(around: Surroundings): Promise<readonly string[]> {
  if (around.homeDirectory === around.accountDirectory) return [];
  const file = join(around.homeDirectory, '.ssh', 'config');
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  return ['-F', exists ? file : 'none'];
}

function login({ user, port }: Asked): readonly string[] {
  return [...(user === null ? [] : ['-l', user]), ...(port === null ? [] : ['-p', String(port)])];
}
