import type { Notice } from '../../core/contract/index.ts';

export type Tone = 'neutral' | 'good' | 'caution' | 'bad';

/** How it went, at a glance. Being back at an older release is no disaster, but nothing to be green about either. */
export function toneOf({ event, kind }: Pick<Notice, 'event' | 'kind'>): Tone {
  if (event === 'started') return 'neutral';
  if (event === 'committed') return kind === 'rollback' ? 'caution' : 'good';
  return 'bad';
}

/** `#rrggbb`, to be told apart on a light and on a dark ground. */
export function colorOf(notice: Pick<Notice, 'event' | 'kind'>): string {
  return COLORS[toneOf(notice)];
}

const COLORS: Readonly<Record<Tone, string>> = {
  neutral: '#6b7280',
  good: '#16a34a',
  caution: '#d97706',
  bad: '#dc2626',
};
