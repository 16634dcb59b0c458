import * as Flags from '@oclif/core/flags';
import { DURATION_EXPECTED, parseDuration } from '../../core/config/duration.ts';
import { CutoverError } from '../../core/contract/index.ts';

/** `--lock-wait 5m`, in milliseconds. */
export const lockWaitFlag = Flags.custom<number>({
  helpValue: 'TIME',
  description: 'Wait so long for a run that holds the lock, instead of failing at once: 30s, 5m, 1h.',
  async parse(text) {
    const waitMs = parseDuration(text);
    if (waitMs === null)
      throw new CutoverError('E_USAGE', `--lock-wait ${text}: expected ${DURATION_EXPECTED}.`);
    return waitMs;
  },
})();
