import { z } from 'zod';
import { duration } from '../duration.ts';
import { oneOrMany } from '../oneOrMany.ts';
import { secretReference } from '../secret.ts';
import { parseJumps } from './settings/jumps.ts';

const hostName = z
  .string()
  .regex(/^[^\s\0@/-][^\s\0@/]*$/, { error: 'expected a host name, an address or an alias of ssh_config' });

const jumps = z.string().transform((text, context) => {
  const parsed = parseJumps(text);
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: 'expected `[user@]host[:port]`, several separated by commas' });
  return z.NEVER;
});

const pin = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, {
    error: 'expected a fingerprint, `SHA256:…`, as `ssh-keygen -lf` prints it',
  })
  .transform((text) => text.replace(/=$/, ''));

/** The options of a server, with ssh_config's names. What is left out, ssh_config says. */
export const Options = z.strictObject({
  host: hostName,
  port: z.int().min(1).max(65_535).optional(),
  user: z.string().min(1).optional(),
  identityFile: oneOrMany(z.string().min(1)).optional(),
  identitiesOnly: z.boolean().optional(),
  knownHostsFile: oneOrMany(z.string().min(1)).optional(),
  hostKey: oneOrMany(pin).optional(),
  strictHostKeyChecking: z
    .union([z.enum(['yes', 'accept-new']), z.literal(true).transform(() => 'yes' as const)], {
      error: 'expected `yes` or `accept-new`',
    })
    .optional(),
  proxyJump: jumps.optional(),
  connectTimeout: duration().optional(),
  keepaliveInterval: duration().optional(),
  keepaliveCountMax: z.int().min(1).max(100).optional(),
  password: secretReference().optional(),
  passphrase: secretReference().optional(),
  agent: z.union([z.boolean(), z.string().min(1)]).optional(),
});

export type Options = z.output<typeof Options>;
