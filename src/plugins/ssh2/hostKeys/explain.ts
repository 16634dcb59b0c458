import { CutoverError, quote } from '../../../core/contract/index.ts';
import { fingerprint, keyType } from './fingerprint.ts';
import { knownHostsName } from './knownHosts.ts';
import type { Judged } from './verifier.ts';

/** The host as messages and advice speak of it. */
export interface Shown {
  readonly host: string;
  readonly port: number;
  /** Its name in known_hosts. */
  readonly name: string;
  /** Where a new key would be written. */
  readonly file: string;
  /** False when it is reached through another host, where ssh-keyscan cannot go. */
  readonly direct: boolean;
}

/** Why a host key was refused, with both fingerprints, and how to trust it. */
export function hostKeyRefused(shown: Shown, { key, verdict }: Judged): CutoverError {
  const type = keyType(key);
  const print = fingerprint(key);
  const where = `${shown.host}:${shown.port}`;
  const refuse = (message: string, hint: string) =>
    new CutoverError('E_HOST_KEY', `${message} Nothing was sent to it.`, { hint });

  switch (verdict.type) {
    case 'revoked':
      return refuse(
        `The host key of ${where} is marked as revoked in ${verdict.at}: ${type} ${print}.`,
        'Do not deploy to this server before you know why: somebody may hold its key.',
      );
    case 'changed':
      return refuse(
        `The host key of ${where} has changed: ${verdict.at} has ${type} ${verdict.knownAs}, the server shows ${print}.`,
        `Somebody may be in between. If you know that the server was set up anew: ` +
          `\`ssh-keygen -R ${quote(shown.name)} -f ${shown.file}\`, then ${howToTrust(shown, key)}`,
      );
    case 'notPinned':
      return refuse(
        `The host key of ${where} is not the one that \`hostKey\` names in the configuration: the server shows ${type} ${print}.`,
        `Compare the fingerprint with the server's own (${askTheServer(type)}); if it is right, write \`hostKey: ${print}\`.`,
      );
    default:
      return refuse(
        `The host key of ${where} is not known: ${type} ${print}.${alsoKnown(verdict)}`,
        howToTrust(shown, key),
      );
  }
}

function alsoKnown(verdict: Judged['verdict']): string {
  if (verdict.type !== 'unknown') return '';
  if (verdict.authorityAt !== null) {
    return ` A certificate authority is named in ${verdict.authorityAt}, but the ssh2 transport does not support host certificates.`;
  }
  return verdict.otherTypes.length > 0 ? ` Of this host only ${verdict.otherTypes.join(', ')} is known.` : '';
}

function howToTrust(shown: Shown, key: Buffer): string {
  const type = keyType(key);
  return (
    `compare the fingerprint with the server's own (${askTheServer(type)}), and when they are equal run ` +
    `\`${lineToRun(shown, key)}\` or write \`hostKey: ${fingerprint(key)}\` to the configuration.`
  );
}

function askTheServer(type: string): string {
  return `there: \`ssh-keygen -lf /etc/ssh/ssh_host_${shortType(type)}_key.pub\``;
}

function lineToRun(shown: Shown, key: Buffer): string {
  const type = keyType(key);
  const scanFinds = shown.name === knownHostsName(shown.host, shown.port);
  return shown.direct && scanFinds
    ? `ssh-keyscan -t ${shortType(type)} -p ${shown.port} ${quote(shown.host)} >> ${shown.file}`
    : `echo ${quote(`${shown.name} ${type} ${key.toString('base64')}`)} >> ${shown.file}`;
}

function shortType(type: string): string {
  return type.startsWith('ecdsa') ? 'ecdsa' : type.replace(/^ssh-/, '');
}
