import { z } from 'zod';

export interface Mailbox {
  /** Empty: it has none. */
  readonly name: string;
  readonly address: string;
}

/**
 * An option that is a mailbox: `ann@example.com` or `Ann Author <ann@example.com>` (RFC 5322, 3.4, without its rarer forms).
 * No line breaks, which would begin another header, and no commas, which would begin another mailbox.
 */
export function mailbox() {
  return z.string().transform((text, context): Mailbox => {
    const match = /^(?:([^<>,;:"\\\p{Cc}]*)<([^<>]+)>|([^<>]+))$/u.exec(text);
    const [, name = '', inBrackets, alone = ''] = match ?? [];
    const address = (inBrackets ?? alone).trim();
    if (/^[^\s<>,;:"()[\]\\@\p{Cc}]+@[^\s<>,;:"()[\]\\@\p{Cc}]+$/u.test(address))
      return { name: name.trim(), address };
    context.addIssue({
      code: 'custom',
      message: 'expected a mail address: `ann@example.com` or `Ann <ann@example.com>`',
    });
    return z.NEVER;
  });
}
