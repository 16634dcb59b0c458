import type { Notice } from '../../core/contract/index.ts';
import { cut } from '../notice/cut.ts';
import { headAndRest } from '../notice/lines.ts';
import { colorOf } from '../notice/tone.ts';

/**
 * An embed without any markup, in which nobody is called.
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits
 */
export function message(notice: Notice, link: string | undefined): object {
  const { head, rest } = headAndRest(notice);
  const embed = {
    title: cut(head, MOST_TITLE, { write: escapeMarkdown }),
    ...(rest === '' ? {} : { description: cut(rest, MOST_DESCRIPTION, { write: escapeMarkdown }) }),
    ...(link === undefined ? {} : { url: link }),
    color: Number.parseInt(colorOf(notice).slice(1), 16),
    timestamp: notice.at,
  };
  return { embeds: [embed], allowed_mentions: { parse: [] } };
}

const MOST_TITLE = 256;
const MOST_DESCRIPTION = 4096;

/** https://support.discord.com/hc/en-us/articles/210298617 */
function escapeMarkdown(character: string): string {
  return /[\\*_~`|[\]<>#@]/.test(character) ? `\\${character}` : character;
}
