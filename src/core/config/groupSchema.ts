import * as z from 'zod';
import * as pattern from './patterns.ts';
import { count, duration, text } from './schemaParts.ts';

const BATCH_EXPECTED = 'how many servers, or a percentage such as "25%"';

/** How the servers of an environment change over together. */
export const group = {
  strategy: z
    .enum(['parallel', 'sequential'], { error: '"parallel" or "sequential"' })
    .default('parallel')
    .describe(
      '`parallel`: all servers change over at once. `sequential`: batch by batch, each launched before the next is switched. Either way nothing is switched before every server holds the whole release.',
    ),
  batch: z
    .union([count(1), text(BATCH_EXPECTED, pattern.PERCENT)], { error: BATCH_EXPECTED })
    .default(1)
    .describe(
      'How many servers are switched together when the strategy is `sequential`: a number, or `25%`.',
    ),
  pause: duration.describe(
    'How long a batch is watched before the next one is switched, when the strategy is `sequential`. Without it, not at all.',
  ),
  onFailure: z
    .enum(['revert-all', 'revert-server', 'keep'], { error: '"revert-all", "revert-server" or "keep"' })
    .default('revert-all')
    .describe(
      'When a server fails after its activation: `revert-all` brings every server back, `revert-server` that one, `keep` leaves it. Servers that were not switched yet stay as they are.',
    ),
  maxUnreachable: count(0)
    .default(0)
    .describe('So many servers may be out of reach: they are left behind, and caught up later.'),
  concurrency: z
    .strictObject(
      {
        logins: count(1).optional().describe('How many log in at a time. Default: 32.'),
        uploads: count(1).optional().describe('To how many is uploaded at a time. Default: 16.'),
      },
      { error: 'an object with logins, uploads' },
    )
    .optional()
    .describe('How many servers are worked on at a time.'),
};
