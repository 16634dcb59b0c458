import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  /** As it came: lines end in CRLF. */
  readonly raw: string;
}

/** A mail server on this machine that keeps what it is sent; it knows ann, whose password is `s3cret`, and delivers to example.com only. */
export async function startMailServer(options: SMTPServerOptions) {
  const mails: ReceivedMail[] = [];
  const passwords: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    ...options,
    onAuth({ username, password }, _session, done) {
      passwords.push(password ?? '');
      if (username === 'ann' && password === 's3cret') done(null, { user: 'ann' });
      else done(new Error(`no password like ${password}`));
    },
    onRcptTo({ address }, _session, done) {
      done(address.endsWith('@example.com') ? null : new Error('we do not relay'));
    },
    onData(stream, session, done) {
      void buffer(stream).then((raw) => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          isSecure: session.secure,
          user: session.user === undefined ? undefined : String(session.user),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: raw.toString('latin1'),
        });
        done();
      });
    },
  });
  // A client that does not trust the certificate hangs up.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    passwords,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(resolve)),
  };
}
