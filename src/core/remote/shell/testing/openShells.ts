import type { Transport } from '../../../contract/index.ts';
import { linkTo, never } from '../../../testing/engineHere.ts';
import type { Watched } from '../../../testing/roomFor.ts';
import type { Link } from '../../link.ts';
import { type RunOptions, runScript } from '../run.ts';

/** A link whose shells stay open. */
export function warm(transport: Transport): Link {
  const link = linkTo(transport);
  link.warm();
  return link;
}

export const run = (link: Link, body: string, options: Partial<RunOptions> = {}) =>
  runScript(link, { name: 'try', body, args: [] }, { signal: never, ...options });
export const pidOf = async (link: Link) => Number((await run(link, 'field pid "$$"')).one('pid'));

/** How what was asked for has ended, each. */
export const endings = async (at: Watched) =>
  (await Promise.allSettled(at.execs)).map((each) =>
    each.status === 'fulfilled' ? each.value.exit : String(each.reason),
  );
