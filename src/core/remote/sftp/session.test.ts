import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Connection, CutoverError, type Sftp, type Transport } from '../../contract/index.ts';
import {
  build,
  contents,
  contentsOf,
  linkRequest,
  locked,
  never,
  placeHere,
  syncRequest,
} from '../../testing/conformancePlace.ts';
import { directoryTransport } from '../../testing/directorySftp.ts';
import { linkTo } from '../../testing/engineHere.ts';
import { faultySftp } from '../../testing/faultySftp.ts';
import { scratch } from '../../testing/scratch.ts';
import { sftpEngine } from './index.ts';
import { sftpSession } from './session.ts';

const A = '20260101000001';
const TREE = { 'in/one': '1', 'in/two': '2', 'in/three': '3', way: { to: 'in' } };

/** A server whose SFTP ends when more than one request is under way. `opened`: for how many each channel was. */
function overwhelmed(opened: (number | undefined)[]): Transport {
  const inner = directoryTransport();
  return {
    address: 'deploy@here',
    async connect(scope): Promise<Connection> {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        async sftp(options) {
          opened.push(options?.outstanding);
          return oneByOne((await connection.sftp?.(options)) as Sftp, options?.outstanding === 1);
        },
      };
    },
  };
}

/** A client that is told to asks one thing at a time; another one loses its channel with the second. */
function oneByOne(sftp: Sftp, isPatient: boolean): Sftp {
  let last: Promise<unknown> = Promise.resolve();
  let underWay = 0;
  let isLost = false;
  const asked =
    (member: (...args: readonly unknown[]) => Promise<unknown>) =>
    async (...args: readonly unknown[]) => {
      const before = last;
      const mine = (async () => {
        if (isPatient) await before;
        underWay += 1;
        isLost ||= underWay > 1;
        await turn();
        underWay -= 1;
        if (isLost) throw new CutoverError('E_UNKNOWN', 'The SFTP channel was closed.');
        return member(...args);
      })();
      last = mine.catch(() => {});
      return mine;
    };
  const members = Object.entries(sftp).map(([name, member]) => [
    name,
    typeof member === 'function' && name !== 'close' ? asked(member) : member,
  ]);
  return Object.fromEntries(members) as Sftp;
}

test('a server that does not bear several requests at a time is asked one by one from then on', async () => {
  const opened: (number | undefined)[] = [];
  const place = await placeHere((path) => sftpEngine(linkTo(overwhelmed(opened)), path));
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  await build(engine, fence, A, TREE);
  expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf(TREE));
  expect(opened).toEqual([128, 1]);
});

test('a line that breaks for once is no reason to ask one by one', async () => {
  const top = await scratch();
  const widths: (number | undefined)[] = [];
  const inner = directoryTransport();
  const watched: Transport = {
    ...inner,
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        sftp: async (options) => {
          widths.push(options?.outstanding);
          return connection.sftp?.(options) as Promise<Sftp>;
        },
      };
    },
  };
  const link = linkTo(faultySftp(watched, (index) => (index === 2 ? 'after' : null)));
  const session = sftpSession(link, top);
  const names = await session.run('look', never, async ({ sftp, path }) => {
    await sftp.lstat(path);
    return sftp.list(path);
  });
  expect(names).toEqual([]);
  expect(widths).toEqual([128, 128]);
});

test('nothing more is asked once it is to stop, and what was given up is said', async () => {
  const stop = new AbortController();
  const transport = faultySftp(directoryTransport(), (index) => {
    if (index === 2) stop.abort();
    return null;
  });
  const session = sftpSession(linkTo(transport), await scratch());
  const looking = session.run('look', stop.signal, async ({ sftp, path }) => {
    for (;;) await sftp.lstat(path);
  });
  await expect(looking).rejects.toMatchObject({
    code: 'E_INTERRUPTED',
    message: 'web1: "look" was interrupted.',
  });
  expect(transport.counts.requests).toBe(2);
});

test('a path below the home directory is where a login starts', async () => {
  const session = sftpSession(linkTo(directoryTransport()), '~/shop');
  const path = await session.run('look', never, async (place) => place.path);
  expect(path).toBe(`${process.cwd()}/shop`);
});

test('what the server refuses names the server', async () => {
  const session = sftpSession(linkTo(directoryTransport()), await scratch());
  const making = session.run('make', never, ({ sftp, at }) => sftp.mkdir(at('a', 'b'), 0o755));
  await expect(making).rejects.toMatchObject({
    code: 'E_REMOTE',
    server: 'web1',
    message: expect.stringMatching(/^web1: /),
  });
});

test('without hard links files are copied, and that is said', async () => {
  const transport = directoryTransport({ without: ['hardlink@openssh.com'] });
  const place = await placeHere((path) => sftpEngine(linkTo(transport), path));
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  const request = await syncRequest(engine, A, TREE);
  await engine.sync(fence, request, never);
  expect(await engine.link(fence, linkRequest(A, request.work), never)).toEqual({
    copied: "the server's SFTP has no hardlink@openssh.com",
    shares: false,
  });
  expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf(TREE));
  expect(await place.sh('find shop -type f -links +1')).toBe('');
});
