import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Directives } from './directives.ts';
import type { Asked } from './openSsh.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * What ssh_config says of a host, read without an OpenSSH client. Include and `Match exec` are not followed; the log
 * says so where they occur. `systemFile` is read after the user's own, of which the first value counts.
 */
export async function readSshConfig(
  asked: Asked,
  around: Surroundings,
  log: (message: string) => void,
  systemFile = '/etc/ssh/ssh_config',
): Promise<Directives> {
  const files = [join(around.homeDirectory, '.ssh', 'config'), systemFile];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  texts.forEach((text, index) => {
    for (const directive of notFollowed(text)) {
      log(`${directive} in ${files[index]} is not followed, because there is no OpenSSH client (ssh) here.`);
    }
  });
  const { default: SshConfig } = await import('ssh-config');
  // Lines before the first Host belong to every host: also those of the second file.
  const config = SshConfig.parse(texts.join('\nHost *\n'));
  const computed = config.compute({ Host: asked.host, ...(asked.user === null ? {} : { User: asked.user }) });
  const known = new Map(
    Object.entries(computed).map(([keyword, value]) => [keyword.toLowerCase(), [value].flat()] as const),
  );
  return expandHostName(known, asked.host);
}

function notFollowed(text: string): readonly string[] {
  const found = [
    /^\s*Include\b/im.test(text) ? 'Include' : null,
    /^\s*Match\b.*\bexec\b/im.test(text) ? 'Match exec' : null,
  ];
  return found.filter((directive) => directive !== null);
}

function expandHostName(directives: Directives, name: string): Directives {
  const host = directives.get('hostname')?.[0];
  if (host === undefined) return directives;
  const expanded = host.replace(/%([h%])/g, (_, token: string) => (token === 'h' ? name : '%'));
  return new Map([...directives, ['hostname', [expanded]]]);
}
