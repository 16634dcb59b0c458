import { z } from 'zod';
import { duration } from '../duration.ts';
import { pathOption, programOption } from '../server/options.ts';

const ADDRESS = /^(\/[^\0\r\n]*|[^\s/]+:\d{1,5})$/;

export const Options = z.strictObject({
  /** Where PHP-FPM listens: what `listen` of its pool says. */
  listen: z.string().regex(ADDRESS, 'expected the path of a socket, or `host:port`'),
  /** The command-line PHP, which asks PHP-FPM. */
  php: programOption().default(['php']),
  /** Where a script is put for the time that it takes; PHP-FPM has to be able to read there. Default: the release. */
  directory: pathOption().optional(),
  /** Until the cache is empty. */
  timeout: duration().default(30_000),
});

export type Options = z.output<typeof Options>;
