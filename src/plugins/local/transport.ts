import { z } from 'zod';
import { type Connection, defineExtension, type Transport } from '../../core/contract/index.ts';
import { exec } from './exec.ts';

const Options = z.strictObject({});

/** Commands run on this machine, as the user who runs the deployment. Nothing to configure. */
export const transport = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (): Transport => ({ address: 'this machine', connect: async () => open() }),
});

function open(): Connection {
  const closed = Promise.withResolvers<null>();
  return { exec, closed: closed.promise, close: async () => closed.resolve(null) };
}
