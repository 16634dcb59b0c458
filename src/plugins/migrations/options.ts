import { z } from 'zod';

export const Options = z.strictObject({
  /** A file of the release: a name on each line, empty ones and those that begin with # do not count. */
  marker: z
    .string()
    .refine(isBelow, 'expected a path in the release, without `..` and not absolute')
    .default('.irreversible-migrations'),
});

export type Options = z.output<typeof Options>;

function isBelow(path: string): boolean {
  return (
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/[\0\r\n]/.test(path)
  );
}
