import { type Placeholder, parseTemplate, type TemplateLine } from '../config/noticeTemplate.ts';
import type { Notice } from '../contract/index.ts';
import { servesByServer } from './noticeTitle.ts';

/** Of these lines those are shown that there is something to say about. */
export const DEFAULT_TEMPLATE = `{title}
Why: {failure}
What: {message}
Revision: {shortRevision}
Branch: {branch}
Author: {author}
By: {by}
Took: {duration}
Left out: {absent}
Next: {next}`;

/** What a text may say beside what stands in a notice. */
export interface TextFacts extends Omit<Notice, 'text'> {
  /** Names of servers that were left out by consent. */
  readonly absent: readonly string[];
  /** Of those in `servers` those that need a person. */
  readonly stranded: readonly string[];
}

/**
 * A template with its values. A line that names something which is not there is left out, and when none is left the title
 * speaks. What a value holds is never read as a template.
 */
export function noticeText(template: string | null, facts: TextFacts): string {
  const values = valuesOf(facts);
  const lines = parseTemplate(template ?? DEFAULT_TEMPLATE).flatMap((line) => filled(line, values));
  const text = lines.join('\n').trim();
  if (text === '') return facts.title;
  // Whatever the template says of it.
  return facts.isTest && !text.includes('[test]') ? `[test] ${text}` : text;
}

function filled(line: TemplateLine, values: Values): readonly string[] {
  const parts = line.map((part) => (typeof part === 'string' ? part : values[part.name]));
  return parts.some((part) => part === null || part === '') ? [] : [parts.join('').trimEnd()];
}

type Values = Readonly<Record<Placeholder, string | null>>;

function valuesOf(facts: TextFacts): Values {
  const { absent, event, servers, stranded } = facts;
  const outcomes = servers.map((server) => ({
    ...server,
    ...(stranded.includes(server.name) ? { outcome: 'stranded' } : {}),
  }));
  return {
    ...facts,
    absent: absent.join(', '),
    duration: event === 'started' ? null : durationText(Date.parse(facts.at) - Date.parse(facts.startedAt)),
    message: facts.message?.trim() ?? null,
    next: event === 'stranded' ? `cutover resume ${facts.environment}` : null,
    outcome: outcomeOf(facts),
    servers: servesByServer(outcomes),
    shortRevision: facts.revision?.replace(/^(\w+:)?(.{12}).*$/, '$1$2') ?? null,
  };
}

function outcomeOf({ event, events }: TextFacts): string {
  if (event === 'started' || event === 'stranded') return event;
  if (events.includes('failed')) return 'failed';
  if (events.includes('rolledBack')) return 'rolled back';
  return events.includes('backToSuccess') ? 'back to success' : 'succeeded';
}

/** `0.8 s`, `42 s`, `3 min 5 s`, `2 h 3 min`. */
function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 10_000) return `${Math.max(0, Math.round(ms / 100) / 10)} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
