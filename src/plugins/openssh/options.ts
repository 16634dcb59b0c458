import { z } from 'zod';
import { duration } from '../duration.ts';
import { oneOrMany } from '../oneOrMany.ts';

const hostName = z
  .string()
  .regex(/^[^\s\0@/-][^\s\0@/]*$/, { error: 'expected a host name, an address or an alias of ssh_config' });

const path = z.string().regex(/^[^"\0\r\n]+$/, { error: 'expected a path without quotation marks' });

/** What a connection that is shared and asks nobody rests on. */
const OURS = [
  'BatchMode',
  'ClearAllForwardings',
  'ControlMaster',
  'ControlPath',
  'ControlPersist',
  'ForkAfterAuthentication',
  'RemoteCommand',
  'RequestTTY',
  'SessionType',
];

const sshOption = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]*\s*[=\s]\s*\S[^\0\r\n]*$/, {
    error: 'expected `Name=value`, as in ssh_config(5)',
  })
  .refine((text) => !OURS.some((name) => nameOf(text) === name.toLowerCase()), {
    error: `cutover sets this itself, as it does ${OURS.join(', ')}`,
  });

function nameOf(text: string): string {
  return text.split(/[\s=]/, 1)[0]?.toLowerCase() ?? '';
}

/** The options of a server. What is left out, ssh_config says: `ssh` reads it itself. */
export const Options = z.strictObject({
  host: hostName,
  port: z.int().min(1).max(65_535).optional(),
  user: z.string().min(1).optional(),
  identityFile: oneOrMany(path).optional(),
  identitiesOnly: z.boolean().optional(),
  knownHostsFile: oneOrMany(path).optional(),
  strictHostKeyChecking: z
    .union([z.enum(['yes', 'accept-new']), z.literal(true).transform(() => 'yes' as const)], {
      error: 'expected `yes` or `accept-new`',
    })
    .optional(),
  proxyJump: z
    .string()
    .regex(/^[^\s\0-][^\s\0]*$/, { error: 'expected `[user@]host[:port]`, several separated by commas' })
    .optional(),
  connectTimeout: duration().default(20_000),
  keepaliveInterval: duration().default(10_000),
  keepaliveCountMax: z.int().min(1).max(100).default(3),
  /** Instead of `~/.ssh/config`; `none` for no configuration at all. */
  configFile: path.optional(),
  /** More of ssh_config, for example `ProxyCommand=…`. */
  sshOptions: z.array(sshOption).default([]),
  /** The program: a name on PATH, or a path. */
  program: path.default('ssh'),
});

export type Options = z.output<typeof Options>;
