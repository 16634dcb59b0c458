import { z } from 'zod';
import { CutoverError, defineExtension, type Hook, type HookContext } from '../../core/contract/index.ts';
import { call } from '../http/call.ts';
import { jsonIn } from '../http/refusal.ts';
import { KINDS, Options } from './options.ts';

/**
 * Purges the cache of a zone.
 * https://developers.cloudflare.com/api/resources/cache/methods/purge
 */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({ run: (context) => purge(options, context), interrupted: 'again' }),
});

async function purge(options: Options, context: HookContext): Promise<void> {
  const { timeout, retries, allowInsecure } = options;
  const url = `${options.apiUrl}/zones/${options.zone}/purge_cache`;
  const headers = { authorization: `Bearer ${(await context.secret(options.token)).reveal()}` };
  for (const body of requestsFor(options)) {
    const answer = await call(
      {
        who: 'Cloudflare',
        what: 'the purge',
        url,
        headers,
        body,
        timeout,
        retries,
        allowInsecure,
        meanings: {
          401: 'the token is not known',
          403: 'the token may not purge the cache of this zone',
          404: 'there is no such zone',
        },
      },
      context,
    );
    check(jsonIn(answer, Answer));
  }
  context.log(`Cloudflare purged ${shown(options)}`);
}

/** https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits */
const MOST_IN_A_REQUEST = 100;

function requestsFor(options: Options): readonly object[] {
  const kind = KINDS.find((each) => options[each] !== undefined);
  const list = kind === undefined ? undefined : options[kind];
  if (kind === undefined || list === undefined) return [{ purge_everything: true }];
  const parts = Array.from({ length: Math.ceil(list.length / MOST_IN_A_REQUEST) }, (_, index) =>
    list.slice(index * MOST_IN_A_REQUEST, (index + 1) * MOST_IN_A_REQUEST),
  );
  return parts.map((part) => ({ [kind]: part }));
}

const Answer = z.looseObject({
  success: z.boolean(),
  errors: z.array(z.looseObject({ code: z.number(), message: z.string() })).default([]),
});

/** Not every refusal has a status that says so. */
function check(answer: z.output<typeof Answer> | null): void {
  if (answer?.success === true) return;
  const why = answer?.errors.map(({ code, message }) => `${message} (${code})`).join('; ');
  throw new CutoverError(
    'E_PLUGIN',
    `Cloudflare did not purge the cache: ${why || 'its answer does not say why'}.`,
  );
}

function shown(options: Options): string {
  const kind = KINDS.find((each) => options[each] !== undefined);
  return kind === undefined ? 'everything' : `${options[kind]?.length} ${kind}`;
}
