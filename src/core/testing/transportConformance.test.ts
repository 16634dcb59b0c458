import { expect, test } from 'vitest';
import type { Connection, ExecRequest, ExecResult, Sftp, Transport } from '../contract/index.ts';
import { directoryTransport } from './directorySftp.ts';
import { localTransport } from './localConnection.ts';
import { scratch } from './scratch.ts';
import { type TransportPlace, transportCaseNames, transportCases } from './transportConformance.ts';

type Exec = NonNullable<Connection['exec']>;

test('a place gets the cases whose needs it meets, in one order, each with a name of its own', () => {
  const names = (place: Partial<TransportPlace>) =>
    transportCases({ has: [], transport: () => localTransport(), ...place }).map(({ name }) => name);
  expect(new Set(transportCaseNames).size).toBe(transportCaseNames.length);
  const bare = names({});
  const shell = names({ has: ['exec', 'posixShell'] });
  const cut = names({ has: ['exec', 'posixShell'], cut: () => {} });
  expect(bare.filter((name) => /^(exec|sftp|cut|pause)/.test(name))).toEqual([]);
  expect(shell.filter((name) => !bare.includes(name)).every((name) => name.startsWith('exec: '))).toBe(true);
  expect(cut.filter((name) => !shell.includes(name)).every((name) => name.startsWith('cut: '))).toBe(true);
  expect(transportCaseNames.filter((name) => cut.includes(name))).toEqual(cut);
  expect(names({ pause: () => {} })).toEqual(bare);
});

/** What a careless author might write, and the case that has to see it. */
test.each<[name: string, change: (exec: Exec) => Exec]>([
  ['exec: every exit status is told as it is, 255 too', changed(({ exit }) => ({ exit: losing255(exit) }))],
  [
    'exec: both streams come apart, also from a command that fails',
    changed(({ stdout, stderr }) => ({ stdout: Buffer.concat([stdout, stderr]) })),
  ],
  ['exec: a text of 3 MB goes in whole', asking(({ stdin }) => ({ stdin: String(stdin).slice(0, 65_536) }))],
  ['exec: text goes in as UTF-8, bytes as they are', changed(({ stdout }) => ({ stdout: asText(stdout) }))],
  [
    'exec: a stream goes in whole, although its memory is used again',
    asking(({ stdin }) => ({ stdin: readAhead(stdin as AsyncIterable<Uint8Array>) })),
  ],
  [
    'exec: the result holds the end of each stream, as much as was asked for',
    changed(({ stdout }) => ({ stdout: stdout.subarray(0, 1_000) })),
  ],
  ['exec: a signal that has fired starts nothing', asking(() => ({ signal: new AbortController().signal }))],
  [
    'exec: the signal ends the wait, with its reason, and the connection goes on',
    (exec) => (request) =>
      exec(request).catch((error: Error) => {
        throw new Error(error.message);
      }),
  ],
  [
    'exec: every word arrives as it is',
    asking(({ argv }) => ({ argv: ['sh', '-c', argv.map((word) => `"${word}"`).join(' ')] })),
  ],
])('sees what is wrong: %s', { timeout: 60_000 }, async (name, change) => {
  await expect(
    runCase(
      name,
      shellPlace((exec) => exec),
    ),
  ).resolves.toBeUndefined();
  await expect(runCase(name, shellPlace(change))).rejects.toThrow();
});

test.each<[name: string, change: (sftp: Sftp) => Partial<Sftp>]>([
  [
    'sftp: what is not there is null, and need not be removed',
    (sftp) => ({
      unlink: async (path) => {
        if ((await sftp.lstat(path)) === null) throw new Error('nothing there');
        await sftp.unlink(path);
      },
    }),
  ],
  ['sftp: links are told from what they lead to', (sftp) => ({ lstat: sftp.stat })],
  [
    'sftp: a name that is taken is not taken again',
    (sftp) => ({
      symlink: async (target, path) => {
        await sftp.unlink(path);
        await sftp.symlink(target, path);
      },
    }),
  ],
  [
    'sftp: directories have the mode that was asked for, and go when they are empty',
    (sftp) => ({ mkdir: (path, mode) => sftp.mkdir(path, mode & ~0o022) }),
  ],
  [
    'sftp: a file has the content, mode and time that were asked for',
    (sftp) => ({ writeFile: (path, content, { mode }) => sftp.writeFile(path, content, { mode }) }),
  ],
  [
    'sftp: a content that throws is the error, and leaves no file',
    (sftp) => ({
      writeFile: async (path, content, options) => {
        await sftp.appendFile(path, Buffer.from('half'), options.mode);
        for await (const _ of content);
      },
    }),
  ],
  [
    'sftp: appendFile makes a file, and adds to its end',
    (sftp) => ({
      appendFile: async (path, content, mode) => {
        await sftp.unlink(path);
        await sftp.appendFile(path, content, mode);
      },
    }),
  ],
  [
    'sftp: posixRename replaces what is there, or says that it cannot',
    (sftp) => ({
      posixRename: async (from, to) => {
        if ((await sftp.lstat(to)) !== null) throw new Error('taken');
        await sftp.posixRename(from, to);
      },
    }),
  ],
])('sees what is wrong: %s', async (name, change) => {
  const directory = await scratch();
  const place = (altered: (sftp: Sftp) => Partial<Sftp>): TransportPlace => ({
    has: ['sftp'],
    directory: () => directory,
    transport: () => alteredSftp(directoryTransport(), altered),
  });
  await expect(
    runCase(
      name,
      place(() => ({})),
    ),
  ).resolves.toBeUndefined();
  await expect(runCase(name, place(change))).rejects.toThrow();
});

async function runCase(name: string, place: TransportPlace): Promise<void> {
  const found = transportCases(place).find((each) => each.name === name);
  if (found === undefined) throw new TypeError(`There is no case "${name}".`);
  await found.run();
}

function shellPlace(change: (exec: Exec) => Exec): TransportPlace {
  const plain = localTransport();
  const transport: Transport = {
    ...plain,
    connect: async (scope) => {
      const connection = await plain.connect(scope);
      return { ...connection, exec: change(connection.exec!) };
    },
  };
  return { has: ['exec', 'posixShell'], transport: () => transport };
}

function alteredSftp(plain: Transport, change: (sftp: Sftp) => Partial<Sftp>): Transport {
  return {
    ...plain,
    connect: async (scope) => {
      const connection = await plain.connect(scope);
      return {
        ...connection,
        sftp: async (options) => {
          const sftp = await connection.sftp!(options);
          return { ...sftp, ...change(sftp) };
        },
      };
    },
  };
}

function changed(change: (result: ExecResult) => Partial<ExecResult>) {
  return (exec: Exec): Exec =>
    async (request) => {
      const result = await exec(request);
      return { ...result, ...change(result) };
    };
}

function asking(change: (request: ExecRequest) => Partial<ExecRequest>) {
  return (exec: Exec): Exec =>
    (request) =>
      exec({ ...request, ...change(request) });
}

/** As the client of OpenSSH has it: 255 may also mean that there is no connection. */
function losing255(exit: ExecResult['exit']): ExecResult['exit'] {
  return exit.type === 'code' && exit.code === 255 ? { type: 'unknown', reason: '255' } : exit;
}

function asText(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString());
}

async function* readAhead(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | null = null;
  for await (const piece of content) {
    if (last !== null) yield last;
    last = piece;
  }
  if (last !== null) yield last;
}
