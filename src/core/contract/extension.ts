import type { Connection } from './connection.ts';
import type { Json } from './json.ts';
import type { Notice } from './notice.ts';
import type { Secret, SecretReference } from './secret.ts';
import type { StepName } from './step.ts';

/** What every extension receives. Nothing else is ambient: no global logger and no clock. */
export interface Scope {
  readonly signal: AbortSignal;
  /** A line of the story, for people. */
  readonly log: (message: string) => void;
  readonly now: () => Date;
  /** Resolves a reference; what it returns is removed from everything the program prints. */
  readonly secret: (reference: SecretReference) => Promise<Secret>;
  /** Makes a path of the configuration absolute: relative ones are relative to its file. */
  readonly resolvePath: (path: string) => string;
}

/**
 * One transport, notifier or hook, loaded when a configuration names it.
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

export interface Notifier {
  notify(notice: Notice, scope: Scope): Promise<void>;
}

export type HookPoint = `before:${StepName}` | `after:${StepName}`;

export interface HookContext extends Scope {
  readonly application: string;
  readonly environment: string;
  readonly server: string;
  readonly release: string;
  readonly revision: string | null;
  readonly previous: string | null;
}

/** Runs inside its step: when it throws, the step has failed. */
export interface Hook {
  run(context: HookContext): Promise<void>;
}

type Named<T> = Readonly<Record<string, () => Promise<Extension<T>>>>;

export interface Plugin {
  /** The version of this contract. */
  readonly api: 1;
  readonly name: string;
  readonly transports?: Named<Transport>;
  readonly notifiers?: Named<Notifier>;
  readonly hooks?: Named<Hook>;
}
