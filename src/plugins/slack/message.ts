import type { Notice } from '../../core/contract/index.ts';
import { cut } from '../notice/cut.ts';
import { escapeHtml } from '../notice/escape.ts';
import { headAndRest } from '../notice/lines.ts';
import { colorOf } from '../notice/tone.ts';

/**
 * The first line as the message, the others beside a bar of colour. Escaped, so that nobody is called by what a commit says
 * (`<!channel>`), and `verbatim`, so that Slack looks for no names in it.
 * https://docs.slack.dev/messaging/formatting-message-text, https://docs.slack.dev/reference/block-kit/blocks/section-block
 */
export function message(notice: Notice, link: string | undefined): object {
  const { head, rest } = headAndRest(notice);
  const title = cut(head, MOST_TITLE, { write: escapeHtml });
  const texts = [cut(rest, MOST_SECTION, { write: escapeHtml }), link === undefined ? '' : linkTo(link)];
  const blocks = texts
    .filter((text) => text !== '')
    .map((text) => ({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }));
  return {
    text: title,
    ...(blocks.length === 0 ? {} : { attachments: [{ color: colorOf(notice), blocks }] }),
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** What Slack advises; it takes more. */
const MOST_TITLE = 4000;
const MOST_SECTION = 3000;

function linkTo(link: string): string {
  const address = new URL(link).href.replaceAll('|', '%7C');
  return `<${[...address].map(escapeHtml).join('')}>`;
}
