import { CutoverError, errorCode, messageOf } from '../contract/index.ts';

export interface ServerFailure {
  readonly server: string;
  readonly error: unknown;
}

/** Several servers' errors as one. Its code is the first one's; its message has every server's. `more`: further hints. */
export function collectFailures(
  headline: string,
  failures: readonly ServerFailure[],
  more: readonly string[] = [],
): CutoverError {
  const lines = failures.map(({ server, error }) => {
    const message = messageOf(error);
    return message.startsWith(`${server}:`) ? message : `${server}: ${message}`;
  });
  const hints = [...failures.flatMap(({ error }) => (error as Partial<CutoverError>).hint ?? []), ...more];
  const codes = failures.map(({ error }) => errorCode(error));
  const code = codes.find((each) => each !== null) ?? 'E_BUG';
  return new CutoverError(code, `${headline} ${lines.join('\n')}`, {
    ...(hints.length > 0 ? { hint: [...new Set(hints)].join('\n') } : {}),
    cause: failures[0]?.error,
  });
}
