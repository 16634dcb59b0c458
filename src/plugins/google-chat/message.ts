import type { Notice } from '../../core/contract/index.ts';
import { bytes, cut } from '../notice/cut.ts';
import { escapeHtmlLines } from '../notice/escape.ts';
import { headAndRest, textOf } from '../notice/lines.ts';
import { colorOf } from '../notice/tone.ts';

/**
 * A card, since the text of a message has mentions and links (`<users/all>`) and nothing to escape them with; that of a card
 * is HTML. https://developers.google.com/workspace/chat/api/reference/rest/v1/cards,
 * https://developers.google.com/workspace/chat/format-messages
 */
export function message(
  notice: Notice,
  { link, thread }: { readonly link?: string | undefined; readonly thread?: string | undefined },
): object {
  const { head, rest } = headAndRest(notice);
  const heading = `<font color="${colorOf(notice)}"><b>${html(head, MOST_HEAD_BYTES)}</b></font>`;
  const widgets = [
    paragraph(heading),
    ...(rest === '' ? [] : [paragraph(html(rest, MOST_REST_BYTES))]),
    ...(link === undefined
      ? []
      : [{ buttonList: { buttons: [{ text: 'Open', onClick: { openLink: { url: link } } }] } }]),
  ];
  return {
    cardsV2: [{ cardId: 'cutover', card: { sections: [{ widgets }] } }],
    // For where cards cannot be shown, such as on the lock of a telephone.
    fallbackText: cut(textOf(notice), MOST_HEAD_BYTES, { sizeOf: bytes }),
    ...(thread === undefined ? {} : { thread: { threadKey: thread } }),
  };
}

/** The whole message may have 32,000 bytes. */
const MOST_HEAD_BYTES = 1_000;
const MOST_REST_BYTES = 20_000;

function paragraph(text: string): object {
  return { textParagraph: { text } };
}

function html(text: string, most: number): string {
  return cut(text, most, { write: escapeHtmlLines, sizeOf: bytes });
}
