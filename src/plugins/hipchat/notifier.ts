import { z } from 'zod';
import { CutoverError } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';

const GONE =
  'HipChat was shut down in February 2019, and takes no messages: use the notifier of the chat that took its place, or `webhook`';

/** For configurations that come from older tools: no options are right. */
export const notifier = defineNotifier(
  z.unknown().refine(() => false, GONE),
  async () => {
    throw new CutoverError('E_PLUGIN', `${GONE}.`);
  },
);
