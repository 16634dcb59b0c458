import * as Flags from '@oclif/core/flags';
import { DURATION_EXPECTED, parseDuration } from '../../core/config/duration.ts';
import { CutoverError } from '../../core/contract/index.ts';
import type { Until } from '../../core/operations/marks.ts';

/** What a mark says: for `pause` and `freeze`. */
export const markFlags = {
  reason: Flags.string({
    required: true,
    helpValue: 'TEXT',
    description: 'Why. Shown to everybody who is stopped by it.',
  }),
  until: Flags.custom<Until>({
    helpValue: 'TIME',
    description: 'When it ends by itself: 2026-12-24T18:00Z, or after 30m, 8h. Default: never.',
    parse: async (text) => parseUntil(text),
  })(),
};

/** For what an environment that is frozen refuses. */
export const overrideFlags = {
  // A default would count as given, and ask for a reason.
  override: Flags.boolean({
    dependsOn: ['reason'],
    description:
      'Go on although the environment is frozen, or a hook refuses it. The ledger keeps who did so, and why.',
  }),
  reason: Flags.string({
    helpValue: 'TEXT',
    dependsOn: ['override'],
    description: 'Why it is overridden.',
  }),
};

/** A time without a zone is one of this machine's. */
function parseUntil(text: string): Until {
  const afterMs = parseDuration(text);
  if (afterMs !== null) return { afterMs };
  const at = new Date(/^\d{4}-\d{2}-\d{2}/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(at.getTime())) return { at };
  throw new CutoverError(
    'E_USAGE',
    `--until ${text}: expected a time such as 2026-12-24T18:00Z, or ${DURATION_EXPECTED}.`,
  );
}
