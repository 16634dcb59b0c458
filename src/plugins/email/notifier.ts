import { readFile } from 'node:fs/promises';
import type { SendMailOptions } from 'nodemailer';
import { CutoverError, messageOf, type Notice, type Scope } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { textOf } from '../notice/lines.ts';
import { resolveText } from '../resolveText.ts';
import { mailFailure, refusedRecipients } from './failure.ts';
import { Options } from './options.ts';
import { subjectOf } from './subject.ts';

const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

/** Sends a mail of plain text by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS (RFC 8314) unless told otherwise. */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const { createTransport } = await import('nodemailer');
  const { host, security, timeout: timeoutMs } = options;
  const password = options.password === undefined ? null : await resolveText(options.password, scope);
  const server = { host, port: options.port ?? PORTS[security] };
  const transport = createTransport({
    ...server,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(password === null ? {} : { auth: { user: options.user, pass: password } }),
    ...(options.ca === undefined ? {} : { tls: { ca: await certificatesIn(scope.resolvePath(options.ca)) } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([scope.signal, timeout]);
  try {
    const { rejected } = await transport.sendMail({ ...mailOf(options, notice, scope), signal });
    if (rejected.length > 0) throw refusedRecipients(server, rejected);
  } catch (error) {
    scope.signal.throwIfAborted();
    throw mailFailure(server, error, timeout.aborted ? timeoutMs : null, password);
  } finally {
    transport.close();
  }
});

async function certificatesIn(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const why = `The certificates for the mail server cannot be read: ${messageOf(cause)}`;
    throw new CutoverError('E_PLUGIN', why, { cause });
  }
}

function mailOf(options: Options, notice: Notice, scope: Scope): SendMailOptions {
  const { from, to, cc, link } = options;
  return {
    from: { ...from },
    to: to.map((each) => ({ ...each })),
    ...(cc === undefined ? {} : { cc: cc.map((each) => ({ ...each })) }),
    subject: subjectOf(notice),
    text: `${[textOf(notice), ...(link === undefined ? [] : [link])].join('\n\n')}\n`,
    date: scope.now(),
    // So that nobody's holiday answers (RFC 3834).
    headers: { 'auto-submitted': 'auto-generated' },
  };
}
