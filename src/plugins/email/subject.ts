import { z } from 'zod';
import type { Notice } from '../../core/contract/index.ts';
import { cut } from '../notice/cut.ts';
import { FACT_NAMES, type FactName, factsOf } from '../notice/facts.ts';
import { headAndRest } from '../notice/lines.ts';

const PLACEHOLDER = /\{(\w+)\}/g;

/** An option for a subject, with `{placeholders}` for facts of the notice. */
export function subjectTemplate() {
  return z
    .string()
    .min(1)
    .regex(/^[^\p{Cc}]*$/u, 'expected one line')
    .superRefine((text, context) => {
      const unknown = [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!).find((name) => !isFact(name));
      if (unknown === undefined) return;
      const message = `there is no {${unknown}}; there are: ${NAMES.map((name) => `{${name}}`).join(', ')}`;
      context.addIssue({ code: 'custom', message });
    });
}

/** Without a template the first line of the text. Always one line: what a notice says cannot begin another header. */
export function subjectOf(notice: Notice, template: string | undefined): string {
  const facts: Partial<Record<string, string>> = { ...factsOf(notice), title: notice.title };
  const text =
    template?.replaceAll(PLACEHOLDER, (_, name: string) => facts[name] ?? '') ?? headAndRest(notice).head;
  return cut(text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim() || notice.title, MOST_SUBJECT);
}

const NAMES: readonly string[] = ['title', ...FACT_NAMES] satisfies readonly (FactName | 'title')[];

const isFact = (name: string) => NAMES.includes(name);

/** What mail programs show, and more. */
const MOST_SUBJECT = 200;
