import * as z from 'zod';
import { CutoverError, defineExtension, type Extension } from '../../contract/index.ts';
import type { ExtensionLookup } from '../extensions.ts';

const reference = z.union([
  z.strictObject({ env: z.string() }),
  z.strictObject({ file: z.string() }),
  z.strictObject({ command: z.string() }),
]);

const schemas: Readonly<Record<string, z.ZodType>> = {
  wire: z.strictObject({
    host: z.string(),
    port: z.int().min(1).optional(),
    user: z.string().optional(),
    identityFile: z.string().optional(),
    hostKey: z.union([z.string(), z.array(z.string())]).optional(),
    password: reference.optional(),
    retry: z.strictObject({ times: z.int().optional() }).optional(),
  }),
  here: z.strictObject({}),
  ping: z.strictObject({
    url: z.url(),
    status: z.int().optional(),
    within: z.string().regex(/s$/, { error: 'expected a duration' }).optional(),
  }),
  post: z.strictObject({ url: reference }),
};

function find<T>(name: string): Promise<Extension<T>> {
  const schema = schemas[name];
  if (schema === undefined) {
    const hint = `cutover plugins install cutover-${name}`;
    return Promise.reject(new CutoverError('E_PLUGIN', `No plugin has "${name}".`, { hint }));
  }
  return Promise.resolve(
    defineExtension<unknown, T>({
      parse: (raw) => schema.parse(raw),
      create: () => {
        throw new Error('A configuration is loaded without creating anything.');
      },
    }),
  );
}

/** The transports `wire` and `here`, the hook `ping` and the notifier `post`, which only parse. */
export const fakeExtensions: ExtensionLookup = { transport: find, hook: find, notifier: find, source: find };
