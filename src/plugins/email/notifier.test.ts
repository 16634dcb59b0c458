import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject, Notice } from '../../core/contract/index.ts';
import { selfSigned } from '../testing/certificate.ts';
import { fakeNotice } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { notifier } from './notifier.ts';
import { startMailServer } from './testing/mailServer.ts';

const certificate = selfSigned();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cutover-email-'));
  await writeFile(join(directory, 'ca.pem'), certificate.cert);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const login = { user: 'ann', password: { env: 'PASSWORD' } };

async function send(
  { port, ...options }: JsonObject & { readonly port: number },
  { password = 's3cret', ...given }: Partial<Notice> & { readonly password?: string } = {},
): Promise<void> {
  const raw = {
    host: '127.0.0.1',
    port,
    ca: join(directory, 'ca.pem'),
    from: 'Deployments <deploy@example.com>',
    to: ['ann@example.com', 'Bob Builder <bob@example.com>'],
    ...options,
  };
  const scope = fakeScope({ secrets: { PASSWORD: password } });
  await notifier.create(notifier.parse(raw), scope).notify(fakeNotice(given), scope);
}

/** RFC 5322: fields, folded over lines that begin with a space, then an empty line, then the body, all lines ended by CRLF. */
function parse(raw: string) {
  expect(raw).not.toMatch(/[^\r]\n|\r[^\n]/);
  const [head = '', ...body] = raw.split('\r\n\r\n');
  for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
  const fields = head
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map((line) => /^([!-9;-~]+): (.*)$/.exec(line));
  const headers = Object.fromEntries(fields.map((field) => [field![1]!.toLowerCase(), field![2]!]));
  const encoded = body.join('\r\n\r\n');
  const isQuoted = headers['content-transfer-encoding'] === 'quoted-printable';
  const text = isQuoted
    ? Buffer.from(
        encoded
          .replaceAll('=\r\n', '')
          .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString()
    : Buffer.from(
        encoded,
        headers['content-transfer-encoding'] === 'base64' ? 'base64' : 'latin1',
      ).toString();
  return { headers, text };
}

test('a mail is sent over STARTTLS, after a login', async () => {
  await using server = await startMailServer({ ...certificate });
  await send({ port: server.port, ...login, cc: 'team@example.com', link: 'https://ci.example.com/runs/1' });
  expect(server.mails).toMatchObject([
    {
      isSecure: true,
      user: 'ann',
      from: 'deploy@example.com',
      to: ['ann@example.com', 'bob@example.com', 'team@example.com'],
    },
  ]);
  const { headers, text } = parse(server.mails[0]!.raw);
  expect(headers).toMatchObject({
    from: 'Deployments <deploy@example.com>',
    to: 'ann@example.com, Bob Builder <bob@example.com>',
    cc: 'team@example.com',
    subject: 'shop: production serves 20261121193811',
    'auto-submitted': 'auto-generated',
    'content-type': 'text/plain; charset=utf-8',
    date: 'Sat, 21 Nov 2026 19:38:11 +0000',
    'message-id': expect.stringMatching(/^<.+@example\.com>$/),
    'mime-version': '1.0',
  });
  expect(text.trim().replaceAll('\r\n', '\n')).toBe(
    'shop: production serves 20261121193811\nFix “it” (f1dad0009fbf, main), by ann@laptop\n\nhttps://ci.example.com/runs/1',
  );
});

test('it can be TLS from the start', async () => {
  await using server = await startMailServer({ ...certificate, secure: true });
  await send({ port: server.port, ...login, security: 'tls' });
  expect(server.mails).toMatchObject([{ isSecure: true, user: 'ann' }]);
});

test('to a server without STARTTLS neither a password nor a mail is sent', async () => {
  await using server = await startMailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  await expect(send({ port: server.port, ...login })).rejects.toThrow('the connection did not become secure');
  expect([server.mails, server.passwords]).toEqual([[], []]);
});

test('a certificate that is not trusted ends it', async () => {
  await using server = await startMailServer({ ...selfSigned() });
  await expect(send({ port: server.port, ...login })).rejects.toThrow(
    'did not take the notice: self-signed certificate',
  );
  expect([server.mails, server.passwords]).toEqual([[], []]);
});

test('certificates that cannot be read are told, and nothing is sent', async () => {
  await using server = await startMailServer({ ...certificate });
  await expect(send({ port: server.port, ca: '/no/such.pem' })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringMatching(/^The certificates for the mail server cannot be read: ENOENT.*such\.pem/),
  });
  expect(server.mails).toEqual([]);
});

test('without a password it may be in the clear; with one only where that is allowed', async () => {
  await using server = await startMailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  const { port } = server;
  await send({ port, security: 'none' });
  await expect(send({ port, security: 'none', ...login })).rejects.toThrow('the password would be readable');
  await send({ port, security: 'none', ...login, allowInsecure: true });
  expect(server.mails.map(({ user }) => user)).toEqual([undefined, 'ann']);
});

test('whoever wants no security gets none, also where it is offered', async () => {
  await using server = await startMailServer({ ...selfSigned() });
  await send({ port: server.port, security: 'none' });
  expect(server.mails).toMatchObject([{ isSecure: false }]);
});

test('a wrong password is told, and not shown', async () => {
  await using server = await startMailServer({ ...certificate });
  const failed = send({ port: server.port, ...login }, { password: 'wr0ng' });
  await expect(failed).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: `The mail server 127.0.0.1:${server.port} did not take the notice: it does not accept the user or the password (535 no password like ***).`,
  });
});

test('a recipient that is refused is named, also when others are not', async () => {
  await using server = await startMailServer({ ...certificate });
  const failed = send({ port: server.port, to: ['ann@example.com', 'eve@elsewhere.test'] });
  await expect(failed).rejects.toThrow('it does not deliver to eve@elsewhere.test.');
  await expect(send({ port: server.port, to: 'eve@elsewhere.test' })).rejects.toThrow(
    /it does not take the sender or the recipients \(550 we do not relay\)/,
  );
});

test('what a notice says cannot begin a header or another mail', async () => {
  await using server = await startMailServer({ ...certificate });
  const evil = 'x\r\nBcc: eve@example.com\r\n\r\nhello';
  await send(
    { port: server.port },
    { text: `It\u0085Bcc: eve@example.com\u2028${evil}\r\n.\r\nMAIL FROM:<eve@example.com>` },
  );
  expect(server.mails).toHaveLength(1);
  expect(server.mails[0]!.to).toEqual(['ann@example.com', 'bob@example.com']);
  const { headers, text } = parse(server.mails[0]!.raw);
  expect(headers.subject).toBe('It Bcc: eve@example.com x');
  expect(headers).not.toHaveProperty('bcc');
  expect(text).toContain('MAIL FROM:<eve@example.com>');
});

test.each([
  [{ to: 'ann@example.com\r\nBcc: eve@example.com' }, 'expected a mail address'],
  [{ to: 'ann@example.com, eve@example.com' }, 'expected a mail address'],
  [{ from: 'Ann\n<ann@example.com>' }, 'expected a mail address'],
  [{ cc: [] }, ''],
  [{ user: 'ann' }, '`user` and `password` together'],
  [{ host: 'a b' }, 'expected the name'],
])('%j is refused', async (options, message) => {
  await expect(send({ port: 25, ...options })).rejects.toThrow(message);
});

test('a server that is not there, and one that says nothing, are told', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  await expect(send({ port, timeout: '100ms' })).rejects.toThrow(
    `The mail server 127.0.0.1:${port} did not take the notice: it was not done within 100 ms.`,
  );
  await new Promise((resolve) => silent.close(resolve));
  await expect(send({ port })).rejects.toThrow('nothing listens there (connection refused)');
});
