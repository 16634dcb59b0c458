import type { Notice } from '../../core/contract/index.ts';
import { bytes, cut } from '../notice/cut.ts';
import { headAndRest } from '../notice/lines.ts';
import { type Tone, toneOf } from '../notice/tone.ts';

/**
 * A message with one Adaptive Card. Its text stands in text runs, which know no markup, unlike text blocks.
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using,
 * https://adaptivecards.io/explorer/TextRun.html
 */
export function message(notice: Notice, link: string | undefined): object {
  const { head, rest } = headAndRest(notice);
  const heading = run(cut(head, MOST_HEAD_BYTES, { sizeOf: bytes }), {
    weight: 'Bolder',
    size: 'Medium',
    color: COLORS[toneOf(notice)],
  });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [heading, ...(rest === '' ? [] : [run(cut(rest, MOST_REST_BYTES, { sizeOf: bytes }))])],
    ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
    msteams: { width: 'Full' },
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', attachments: [attachment] };
}

/** The whole message may have 28 KB, which Teams counts in UTF-16. */
const MOST_HEAD_BYTES = 1_000;
const MOST_REST_BYTES = 10_000;

const COLORS: Readonly<Record<Tone, string>> = {
  neutral: 'Accent',
  good: 'Good',
  caution: 'Warning',
  bad: 'Attention',
};

function run(text: string, look: Readonly<Record<string, string>> = {}): object {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...look }] };
}
