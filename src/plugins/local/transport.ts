import { z } from 'zod';
import { type Connection, CutoverError, defineExtension, type Transport } from '../../core/contract/index.ts';
import { exec } from './exec.ts';

const Options = z.strictObject({});

/** Commands run on this machine, as the user who runs the deployment. Nothing to configure. */
export const transport = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (): Transport => ({
    address: 'this machine',
    connect: async ({ signal }) => {
      signal.throwIfAborted();
      return open();
    },
  }),
});

/** Closing leaves commands alone, as it does on a server: nobody hears of their end any more. */
function open(): Connection {
  const closed = Promise.withResolvers<null>();
  const over = new AbortController();
  return {
    exec: async (request) => {
      if (over.signal.aborted) {
        throw new CutoverError('E_UNREACHABLE', 'Could not start a command: the connection was closed.');
      }
      return exec(request, over.signal);
    },
    closed: closed.promise,
    close: async () => {
      over.abort();
      closed.resolve(null);
    },
  };
}
