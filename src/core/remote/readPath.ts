import { CutoverError } from '../contract/index.ts';

/** So much of a file is read for whoever plans. */
export const READ_LIMIT_BYTES = 1024 * 1024;

/** Throws `E_USAGE` for what is not below the deploy path by its name: absolute, with `..`, or with control characters. */
export function requireBelow(server: string, path: string): void {
  const names = path.split('/');
  const isBelow = path !== '' && names.every((name) => name !== '' && name !== '.' && name !== '..');
  if (isBelow && !/\p{Cc}/u.test(path)) return;
  throw new CutoverError(
    'E_USAGE',
    `${server}: ${JSON.stringify(path)} cannot be read: a path below the deploy path is wanted, without . and ..`,
    { server },
  );
}

export function tooLarge(server: string, path: string): CutoverError {
  return new CutoverError('E_REMOTE', `${server}: ${path} is larger than ${READ_LIMIT_BYTES} bytes`, {
    server,
  });
}
