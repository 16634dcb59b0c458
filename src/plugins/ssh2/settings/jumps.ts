/** One host to pass through: ssh_config(5), ProxyJump. What is null, ssh_config says. */
export interface Jump {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
}

/** `[user@]host[:port]` or `ssh://…`, separated by commas; `none` is no jump. Null for what makes no sense. */
export function parseJumps(text: string): readonly Jump[] | null {
  if (text.trim().toLowerCase() === 'none') return [];
  const jumps = text.split(',').map((word) => parseJump(word.trim()));
  return jumps.every((jump) => jump !== null) ? jumps : null;
}

function parseJump(word: string): Jump | null {
  const match = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[0-9A-Fa-f:.%\w]+\]|[^\s:@/[\]]+)(?::(\d{1,5}))?\/?$/.exec(
    word,
  );
  if (match === null) return null;
  const [, user = null, name = '', digits] = match;
  const host = name.replace(/^\[|\]$/g, '');
  const port = digits === undefined ? null : Number(digits);
  return host.startsWith('-') || port === 0 || (port ?? 1) > 65_535 ? null : { host, user, port };
}
