import { escapeRemote } from './escape.ts';

/** `1 file`, `12 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `web1, web2`, or `web1, web2, web3 and 47 more`; escaped. */
export function nameList(names: readonly string[], most = 6): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  return shown.map(escapeRemote).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** A reason without the name of the server in front, for where that is said already; not escaped. */
export function reasonOn(server: string, message: string): string {
  return message.startsWith(`${server}: `) ? message.slice(server.length + 2) : message;
}

/** A commit by seven digits, the hash of a directory likewise; escaped. */
export function shortRevision(revision: string): string {
  if (/^[0-9a-f]{40,64}$/.test(revision)) return revision.slice(0, 7);
  return escapeRemote(/^sha256:[0-9a-f]{64}$/.test(revision) ? revision.slice(0, 14) : revision);
}
