/** Why ssh has ended, from what it said last; in words of our own where they are clearer. */
export function endOf(lines: readonly string[], exitCode: number | null): string {
  const known = lines.findLast((line) => KNOWN.some(([pattern]) => pattern.test(line)));
  if (known !== undefined) return KNOWN.find(([pattern]) => pattern.test(known))?.[1] ?? known;
  const last = lines.findLast((line) => !IDLE.test(line));
  return last === undefined
    ? `ssh has ended${exitCode === null ? '' : ` (exit status ${exitCode})`}`
    : last.replace(/^ssh: /, '').replace(/\.$/, '');
}

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^Timeout, server .* not responding/, 'the server no longer answers'],
  [/^Connection to .* closed by remote host/, 'the server closed the connection'],
  [/Could not resolve hostname .*: Temporary failure/, 'the name server did not answer'],
  [/Could not resolve hostname/, 'this name is not known to DNS'],
  [/Connection refused$/, 'nothing listens there (connection refused)'],
  [/Connection timed out$/, 'nothing answered in time'],
  [/timed out during banner exchange$/, 'the server did not finish the handshake in time'],
  [/No route to host$/, 'there is no route to it'],
  [/Network is unreachable$/, 'there is no route to its network'],
  [/Connection reset by peer$/, 'the connection was reset'],
  [/Broken pipe$/, 'the connection was cut'],
];

/** Says nothing about why. */
const IDLE = /^(?:Killed by signal|Connection to .* closed\.$|Shared connection|Terminated|Hangup|\s*$|@+$)/;
