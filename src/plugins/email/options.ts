import { z } from 'zod';
import { duration } from '../duration.ts';
import { link } from '../notice/link.ts';
import { oneOrMany } from '../oneOrMany.ts';
import { secretReference } from '../secret.ts';
import { mailbox } from './address.ts';

const recipients = oneOrMany(mailbox());

export const Options = z
  .strictObject({
    /** Of the mail server that takes it. */
    host: z.string().regex(/^[\w.:-]+$/, 'expected the name or the address of a mail server'),
    /** Default: 587 with STARTTLS, 465 with TLS, 25 with nothing. */
    port: z.int().min(1).max(65_535).optional(),
    /** `starttls`: what begins in the clear must become TLS. `tls`: it is TLS from the start. `none`: all can be read on the way. */
    security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    user: z.string().min(1).optional(),
    password: secretReference().optional(),
    from: mailbox(),
    to: recipients,
    cc: recipients.optional(),
    /** Stands below the text. */
    link: link().optional(),
    /** File of certificates (PEM) to trust, for a server with one of its own making. */
    ca: z.string().min(1).optional(),
    /** For the whole conversation. */
    timeout: duration().default(8_000),
    /** Lets a password pass that can be read on the way. */
    allowInsecure: z.boolean().default(false),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    message: 'expected `user` and `password` together',
  })
  .refine(
    ({ password, security, allowInsecure }) => password === undefined || security !== 'none' || allowInsecure,
    {
      path: ['security'],
      message:
        'expected `starttls` or `tls`, since the password would be readable on the way (`allowInsecure: true` lets that pass)',
    },
  );

export type Options = z.output<typeof Options>;
