import { z } from 'zod';

/** An option that takes one value or a list of them. Parsed to a list. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item.transform((value) => [value]), z.array(item).min(1)]);
}
