import { setImmediate as turn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import type { Transport } from '../contract/index.ts';
import { directoryTransport } from '../testing/directorySftp.ts';
import { never, quietScope } from '../testing/engineHere.ts';
import { scratch } from '../testing/scratch.ts';
import { stuckTransport } from '../testing/stuckTransport.ts';
import { chooseEngine } from './chooseEngine.ts';
import type { LoginLimits } from './connect.ts';
import { type LogIn, openLink } from './link.ts';
import { sftpEngine } from './sftp/index.ts';
import { shellEngine } from './shell/index.ts';

/** `graceMs`: nothing here ends when its signal fires. */
const linkTo = (
  { transport }: ReturnType<typeof stuckTransport>,
  limits: LoginLimits = { graceMs: 1 },
  logIn?: LogIn,
) => openLink('web1', transport, quietScope, logIn, limits);

const interrupted = { code: 'E_INTERRUPTED', message: 'web1: logging in was interrupted.', server: 'web1' };

test('of two who wait for one login one may stop, and the other gets the connection', async () => {
  const stuck = stuckTransport();
  const link = linkTo(stuck);
  const stop = new AbortController();
  const [one, other] = [link.connection(stop.signal), link.connection(never)];
  stop.abort();
  await expect(one).rejects.toMatchObject(interrupted);
  await turn();
  stuck.logins[0]!.letIn();
  const connection = await other;
  expect(await link.connection(never)).toBe(connection);
  expect(stuck.logins).toHaveLength(1);
  expect(stuck.logins[0]!.signal.aborted).toBe(false);
});

test('a login is given up with the last who waits for it; what comes of it is closed, and the next begins another', async () => {
  const stuck = stuckTransport();
  const link = linkTo(stuck);
  const stop = new AbortController();
  const waiting = Promise.allSettled([link.connection(stop.signal), link.connection(stop.signal)]);
  stop.abort();
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  expect(stuck.logins[0]!.signal.aborted).toBe(true);
  const next = link.connection(never);
  await stuck.begun(2);
  stuck.logins[0]!.letIn();
  await turn();
  expect(stuck.logins[0]!.isClosed()).toBe(true);
  stuck.logins[1]!.letIn();
  await next;
  expect(stuck.logins[1]!.isClosed()).toBe(false);
});

test('who stops one thing and begins another at once has the same login', async () => {
  const stuck = stuckTransport();
  const link = linkTo(stuck);
  const stop = new AbortController();
  const first = link.connection(stop.signal);
  stop.abort();
  await first.catch(() => {});
  const second = link.connection(never);
  await turn();
  stuck.logins[0]!.letIn();
  await second;
  expect(stuck.logins).toHaveLength(1);
});

test('who has stopped already waits for nothing, and has nobody logged in', async () => {
  const stuck = stuckTransport();
  await expect(linkTo(stuck).connection(AbortSignal.abort())).rejects.toMatchObject(interrupted);
  expect(stuck.logins).toEqual([]);
});

test('a deadline that passes while somebody is logged in is told as one', async () => {
  const late = new DOMException('late', 'TimeoutError');
  const stop = new AbortController();
  const waiting = linkTo(stuckTransport()).connection(stop.signal);
  stop.abort(late);
  await expect(waiting).rejects.toMatchObject({
    code: 'E_TIMEOUT',
    message: 'web1: logging in took too long and was given up.',
  });
});

test('a login ahead of time is not given up before somebody has asked for it', async () => {
  const stuck = stuckTransport();
  const link = linkTo(stuck);
  link.warm();
  await turn();
  expect(stuck.logins[0]!.signal.aborted).toBe(false);
  stuck.logins[0]!.letIn();
  await link.connection(never);
  expect(stuck.logins).toHaveLength(1);
});

test('a link that is closed while somebody is logged in ends the waiting, and closes what comes later', async () => {
  const stuck = stuckTransport();
  const link = linkTo(stuck);
  link.warm();
  const waiting = expect(link.connection(never)).rejects.toMatchObject({
    code: 'E_INTERRUPTED',
    message: 'The link to web1 was closed.',
  });
  await link.close();
  await waiting;
  stuck.logins[0]!.letIn();
  await turn();
  expect(stuck.logins[0]!.isClosed()).toBe(true);
});

test('a transport that heeds nothing is given up after a while, and keeps nobody else from logging in', async () => {
  const [stuck, other] = [stuckTransport(), stuckTransport()];
  const one = pLimit(1);
  const waiting = linkTo(stuck, { longestMs: 5, graceMs: 1 }, one).connection(never);
  const next = linkTo(other, {}, one).connection(never);
  await expect(waiting).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
    message: 'web1: nobody was logged in at there within 0.005 s, and it was given up.',
  });
  expect(stuck.logins[0]!.signal.aborted).toBe(true);
  await other.begun(1);
  other.logins[0]!.letIn();
  await next;
});

test.for([
  ['that is chosen', chooseEngine],
  ['over a shell', shellEngine],
  ['over SFTP', sftpEngine],
] as const)('an engine %s stops waiting for its connection', async ([, engineOf]) => {
  const engine = engineOf(linkTo(stuckTransport()), '/srv/app');
  const stop = new AbortController();
  const all = Promise.allSettled([
    engine.observe([], stop.signal),
    engine.manifest(stop.signal),
    engine.reach(stop.signal),
    engine.tryLock('v1 x', [], stop.signal),
  ]);
  stop.abort();
  for (const each of await all)
    expect(each).toMatchObject({ status: 'rejected', reason: { code: 'E_INTERRUPTED', server: 'web1' } });
  await engine.close();
});

test('of two who wait for one SFTP channel one may stop; one that nobody waits for any more is opened again', async () => {
  const { transport, entries } = slowChannels();
  const engine = sftpEngine(openLink('web1', transport, quietScope), await scratch());
  const stops = Array.from({ length: 3 }, () => new AbortController());
  const interruptedLook = { code: 'E_INTERRUPTED', message: 'web1: "observe" was interrupted.' };
  const [alone, one, two] = stops.map(
    ({ signal }) =>
      () =>
        engine.observe([], signal),
  ) as [Look, Look, Look];

  const first = alone();
  await turn();
  stops[0]!.abort();
  await expect(first).rejects.toMatchObject(interruptedLook);
  await turn();
  const both = [one(), two()];
  await turn();
  stops[1]!.abort();
  await expect(both[0]).rejects.toMatchObject(interruptedLook);
  await turn();
  entries[1]!();
  await both[1];
  expect(entries).toHaveLength(2);
  await engine.close();
});

type Look = () => Promise<unknown>;

/** A server whose SFTP channels open when they are told to. */
function slowChannels() {
  const entries: (() => void)[] = [];
  const inner = directoryTransport();
  const transport: Transport = {
    address: 'there',
    async connect(scope) {
      const connection = await inner.connect(scope);
      const sftp = async () => {
        await new Promise<void>((resolve) => entries.push(resolve));
        return connection.sftp!();
      };
      return { ...connection, sftp };
    },
  };
  return { transport, entries };
}
