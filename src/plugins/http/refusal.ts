import { z } from 'zod';
import type { Answer } from './post.ts';

/**
 * The words in which a service says why it refuses: `message`, `error`, `description`, `detail` or the first of `errors` in
 * JSON, or a short line of text, such as Slack's `invalid_payload`. Null: it says nothing that helps.
 */
export function refusalIn({ body }: Pick<Answer, 'body'>): string | null {
  const json = parsed(body);
  const words = json === undefined ? body : wordsIn(json);
  const line = words?.replaceAll(/\s+/g, ' ').trim() ?? '';
  return line === '' || line.startsWith('<') || line.length > LONGEST ? null : line;
}

/** What a service answered, as the schema reads it; null: it is not that. */
export function jsonIn<S extends z.ZodType>({ body }: Pick<Answer, 'body'>, schema: S): z.output<S> | null {
  return schema.safeParse(parsed(body)).data ?? null;
}

const LONGEST = 300;

const named = z.looseObject({ message: z.string() }).transform(({ message }) => message);
const text = z.union([z.string(), named]);
const Words = z.union([
  text,
  z.looseObject({ error: text }).transform(({ error }) => error),
  z.looseObject({ description: z.string() }).transform(({ description }) => description),
  z.looseObject({ detail: text }).transform(({ detail }) => detail),
  z.looseObject({ errors: z.tuple([text], z.unknown()) }).transform(({ errors }) => errors[0]),
]);

function wordsIn(json: unknown): string | null {
  return Words.safeParse(json).data ?? null;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
