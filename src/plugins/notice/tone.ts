import type { Notice } from '../../core/contract/index.ts';

export type Tone = 'neutral' | 'good' | 'caution' | 'bad';

type Outline = Pick<Notice, 'event' | 'events' | 'kind'>;

/** How it went, at a glance. A rollback, or a server left behind, is no disaster, but nothing to be green about either. */
export function toneOf({ event, events, kind }: Outline): Tone {
  if (event === 'started') return 'neutral';
  if (event === 'committed') return kind === 'rollback' || events.includes('failed') ? 'caution' : 'good';
  return 'bad';
}

/** `#rrggbb`, to be told apart on a light and on a dark ground. */
export function colorOf(notice: Outline): string {
  return COLORS[toneOf(notice)];
}

const COLORS: Readonly<Record<Tone, string>> = {
  neutral: '#6b7280',
  good: '#16a34a',
  caution: '#d97706',
  bad: '#dc2626',
};
