import { expect, test } from 'vitest';
import type { Connection, Transport } from '../../contract/index.ts';
import { directoryTransport } from '../../testing/directorySftp.ts';
import { listing } from '../../testing/listing.ts';
import { worldWithAway } from '../testing/away.ts';
import { createWorld, type World } from '../testing/world.ts';
import { probe } from './probe.ts';

const of = (world: World, only: readonly string[] = []) =>
  probe(world.runtime, world.config, 'production', only);

test('tells engine, tools and speeds of a server with a shell, and changes nothing there', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.deploy();
  const before = await listing(world.at('web1'), 'trace');
  const { environment, servers } = await of(world);
  expect(environment).toBe('production');
  expect(servers).toEqual([
    {
      name: 'web1',
      transport: 'here',
      address: expect.any(String),
      loginMs: expect.any(Number),
      engine: 'shell',
      shell: process.env.SHELL ?? null,
      tools: expect.arrayContaining(['find', 'tar']),
      sftp: null,
      line: {
        by: 'commands',
        roundTripMs: expect.any(Number),
        upBytesPerSec: expect.any(Number),
        downBytesPerSec: expect.any(Number),
        channels: 10,
      },
      notes: [],
      failure: null,
    },
  ]);
  expect(await listing(world.at('web1'), 'trace')).toEqual(before);
});

test('one that cannot be reached is part of the answer, and only those asked for are in it', async () => {
  const world = await worldWithAway({ servers: ['web1', 'web2', 'web3'] });
  world.away.set('web2', 'E_UNREACHABLE');
  const { servers } = await of(world, ['web2', 'web3']);
  expect(servers).toMatchObject([
    {
      name: 'web2',
      loginMs: null,
      line: null,
      failure: { code: 'E_UNREACHABLE', message: 'web2: no way to it' },
    },
    { name: 'web3', engine: 'shell', failure: null },
  ]);
  await expect(of(world, ['web9'])).rejects.toMatchObject({ code: 'E_USAGE' });
});

test('over SFTP one file is written and removed again, in .cutover', async () => {
  const written: string[] = [];
  const world = await createWorld({ servers: ['web1'], transport: () => watched(written) });
  await world.deploy();
  written.length = 0;
  const before = await listing(world.at('web1', '.cutover'));
  const { servers } = await of(world);
  expect(servers).toMatchObject([
    {
      engine: 'sftp',
      shell: null,
      tools: [],
      sftp: expect.arrayContaining(['posix-rename@openssh.com']),
      line: {
        by: 'sftp',
        upBytesPerSec: expect.any(Number),
        downBytesPerSec: expect.any(Number),
        channels: 10,
      },
      failure: null,
    },
  ]);
  expect(written).toEqual([expect.stringContaining('/.cutover/probe-')]);
  expect(await listing(world.at('web1', '.cutover'))).toEqual(before);
});

test('a server that allows one channel is asked for one thing after the other', async () => {
  const one = (_: string, plain: Transport): Transport => ({
    ...plain,
    connect: async (scope) => oneAtATime(await plain.connect(scope)),
  });
  const { servers } = await of(await createWorld({ servers: ['web1'], transport: one }));
  expect(servers).toMatchObject([{ engine: 'shell', line: { channels: 1 }, notes: [], failure: null }]);
});

test.for([
  [{ type: 'code', code: 127 }, 'the line: "sh -c cat >/dev/null" failed there.'],
  [{ type: 'unknown', reason: 'gone' }, 'the line: A command was cut off: gone'],
] as const)('what was sent to a command that ended with %o is no speed', async ([exit, note]) => {
  const failing = (_: string, plain: Transport): Transport => ({
    ...plain,
    connect: async (scope) => {
      const connection = await plain.connect(scope);
      const nothing = new Uint8Array();
      return {
        ...connection,
        exec: async (request) =>
          request.argv.includes('cat >/dev/null')
            ? { exit, stdout: nothing, stderr: nothing }
            : connection.exec!(request),
      };
    },
  });
  const { servers } = await of(await createWorld({ servers: ['web1'], transport: failing }));
  expect(servers).toMatchObject([{ engine: 'shell', line: null, notes: [note] }]);
});

/** A server without a shell; tells which files are written. */
function watched(written: string[]): Transport {
  const plain = directoryTransport();
  return {
    ...plain,
    connect: async (scope) => {
      const connection = await plain.connect(scope);
      return {
        ...connection,
        sftp: async () => {
          const sftp = await connection.sftp!();
          return {
            ...sftp,
            writeFile: (path, content, options) => {
              written.push(path);
              return sftp.writeFile(path, content, options);
            },
          };
        },
      };
    },
  };
}

function oneAtATime(connection: Connection): Connection {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...connection,
    exec: (request) => {
      const mine = last.then(() => connection.exec!(request));
      last = mine.catch(() => {});
      return mine;
    },
  };
}
