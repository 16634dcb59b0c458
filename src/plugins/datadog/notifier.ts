import type { Notice } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { call } from '../http/call.ts';
import { cut } from '../notice/cut.ts';
import { withoutMentions } from '../notice/escape.ts';
import { headAndRest, textOf } from '../notice/lines.ts';
import { type Tone, toneOf } from '../notice/tone.ts';
import { resolveText } from '../resolveText.ts';
import { Options } from './options.ts';

/** Puts an event into the stream: https://docs.datadoghq.com/api/latest/events/post-an-event/ (version 1). */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const url = `${options.apiUrl}/api/v1/events`;
  const headers = { 'dd-api-key': await resolveText(options.key, scope), 'content-type': 'application/json' };
  await call(
    { ...options, who: 'Datadog', url, headers, body: eventOf(notice, options.tags), meanings: MEANINGS },
    scope,
  );
});

const MEANINGS = { 403: 'it does not accept the key, at least not at this site' };

function eventOf(notice: Notice, tags: readonly string[]): object {
  return {
    title: cut(withoutMentions(headAndRest(notice).head), MOST_TITLE),
    text: cut(plain(withoutMentions(textOf(notice))), MOST_TEXT),
    alert_type: ALERT_TYPES[toneOf(notice)],
    date_happened: Math.floor(Date.parse(notice.at) / 1000),
    aggregation_key: cut(`${notice.application}/${notice.environment}/${notice.release}`, MOST_KEY),
    tags: [...tagsOf(notice), ...tags],
  };
}

const MOST_TITLE = 500;
const MOST_TEXT = 4000;
const MOST_KEY = 100;

const ALERT_TYPES: Readonly<Record<Tone, string>> = {
  neutral: 'info',
  good: 'success',
  caution: 'warning',
  bad: 'error',
};

/** `%%%` at its beginning would have it read as Markdown. */
function plain(text: string): string {
  return text.startsWith('%%%') ? `\u2060${text}` : text;
}

/** The first three are those of https://docs.datadoghq.com/getting_started/tagging/unified_service_tagging/ */
function tagsOf(notice: Notice): readonly string[] {
  const { application, environment, release, kind, event, revision } = notice;
  return [
    `env:${environment}`,
    `service:${application}`,
    `version:${release}`,
    `deployment:${kind}`,
    `outcome:${event}`,
    ...(revision === null ? [] : [`git.commit.sha:${revision}`]),
  ];
}
