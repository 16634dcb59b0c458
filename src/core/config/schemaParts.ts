import * as z from 'zod';
import { DURATION_EXPECTED, DURATION_PATTERN, parseDuration } from './duration.ts';
import * as pattern from './patterns.ts';

/** Pieces of the shape of a configuration. The text of every `error` is what was expected. */

export const text = (expected: string, form: RegExp) =>
  z.string({ error: expected }).regex(form, { error: expected });

export const relativePath = text(pattern.RELATIVE_PATH_EXPECTED, pattern.RELATIVE_PATH);

export const listOf = <T extends z.ZodType>(item: T, expected: string) => z.array(item, { error: expected });

export const duration = z
  .string({ error: DURATION_EXPECTED })
  .regex(DURATION_PATTERN, { error: DURATION_EXPECTED })
  .refine((value) => parseDuration(value) !== null, { error: DURATION_EXPECTED })
  .optional();

/** How many of something, from `least` on. */
export function count(least: number) {
  const expected = { error: `an integer of ${least} or more` };
  return z.int(expected).min(least, expected);
}
