import type { Notice } from '../../core/contract/index.ts';
import { cut } from '../notice/cut.ts';
import { headAndRest } from '../notice/lines.ts';

/** The first line of the text. Always one line: what a notice says cannot begin another header. */
export function subjectOf(notice: Notice): string {
  const line = headAndRest(notice)
    .head.replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return cut(line || notice.title, MOST_SUBJECT);
}

/** What mail programs show, and more. */
const MOST_SUBJECT = 200;
