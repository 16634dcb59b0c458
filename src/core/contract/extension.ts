import type { Connection } from './connection.ts';
import type { Hook } from './hook.ts';
import type { Json } from './json.ts';
import type { Notice } from './notice.ts';
import type { Scope } from './scope.ts';
import type { Source } from './source.ts';

/**
 * One transport, notifier, hook or source, loaded when a configuration names it.
 * `parse` is pure and throws an error with `issues` (the shape of Standard Schema) for options that are wrong.
 */
export interface Extension<T> {
  parse(raw: Json): unknown;
  create(options: unknown, scope: Scope): T;
}

/** Forgets the type of the options, so that extensions with different ones can stand in one table. */
export function defineExtension<Options, T>(definition: {
  readonly parse: (raw: Json) => Options;
  readonly create: (options: Options, scope: Scope) => T;
}): Extension<T> {
  return definition as unknown as Extension<T>;
}

/** What the `issues` of a failed `parse` look like. */
export interface OptionIssue {
  readonly path: readonly (string | number | symbol)[];
  readonly message: string;
}

/** How a server is reached. */
export interface Transport {
  /** For messages: `deploy@web1.example.com:22`, or a path. */
  readonly address: string;
  /**
   * Rejects with `E_UNREACHABLE`, `E_AUTHENTICATION` or `E_HOST_KEY`; with `E_CONFIG` or `E_CAPABILITY` where the
   * user's own settings cannot be followed.
   */
  connect(scope: Scope): Promise<Connection>;
}

/** Which notices it gets is for the configuration to say. */
export interface Notifier {
  /** When it throws, or is not done at its deadline, that is a problem and stops nothing. */
  notify(notice: Notice, scope: Scope): Promise<void>;
  /** How long one notice may take, at most 596 hours, unless the configuration says otherwise. Default: ten seconds. */
  readonly deadlineMs?: number;
}

type Named<T> = Readonly<Record<string, () => Promise<Extension<T>>>>;

export interface Plugin {
  /** The version of this contract. */
  readonly api: 1;
  readonly name: string;
  readonly transports?: Named<Transport>;
  readonly notifiers?: Named<Notifier>;
  readonly hooks?: Named<Hook>;
  readonly sources?: Named<Source>;
}
