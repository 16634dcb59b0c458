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
  let isClosed = false;
  return {
    exec: async (request) => {
      if (isClosed) {
        throw new CutoverError('E_UNREACHABLE', 'Could not start a command: the connection was closed.');
      }
      return exec(request, closed.promise);
    },
    closed: closed.promise,
    close: async () => {
      isClosed = true;
      closed.resolve(null);
    },
  };
}
