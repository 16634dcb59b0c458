/** What the tokens of ssh_config stand for. */
export interface Tokens {
  readonly homeDirectory: string;
  readonly localUser: string;
  readonly localHost: string;
  /** As the user typed it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A path of ssh_config: `~`, `%` tokens and `${NAME}` replaced. See ssh_config(5), TOKENS. What is unknown stays. */
export function expandPath(path: string, tokens: Tokens): string {
  const named = path.replace(/\$\{(\w+)\}/g, (whole, name: string) => tokens.env[name] ?? whole);
  return expandHome(named, tokens.homeDirectory).replace(/%(.)/g, (whole, token: string) => {
    const value = byToken(tokens)[token];
    return value ?? whole;
  });
}

/** `~` and `~/…`; another user's home is left alone. */
export function expandHome(path: string, homeDirectory: string): string {
  return path === '~' || path.startsWith('~/') ? homeDirectory + path.slice(1) : path;
}

function byToken(tokens: Tokens): Readonly<Record<string, string>> {
  return {
    '%': '%',
    d: tokens.homeDirectory,
    h: tokens.host,
    n: tokens.name,
    k: tokens.name,
    p: String(tokens.port),
    r: tokens.user,
    u: tokens.localUser,
    l: tokens.localHost,
    L: tokens.localHost.split('.')[0] ?? '',
  };
}
