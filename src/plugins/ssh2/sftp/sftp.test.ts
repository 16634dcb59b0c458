import { expect, test } from 'vitest';
import { OPENSSH_EXTENSIONS } from '../testing/memorySftp.ts';
import { chunks, KIB, type Linked, open, whole } from '../testing/openSftp.ts';

test('a file arrives whole with its mode, synced before its handle is closed', async () => {
  await using link = await open();
  await link.sftp.writeFile('/file', chunks(200 * KIB, 7, 0, 31 * KIB), { mode: 0o755 });
  expect(link.memory.files.get('/file')).toEqual({
    kind: 'file',
    mode: 0o755,
    data: whole(200 * KIB, 7, 0, 31 * KIB),
  });
  expect(link.memory.requests.slice(-4)).toEqual(['FSTAT', 'FSETSTAT', 'EXTENDED', 'CLOSE']);
  expect(await link.sftp.readFile('/file')).toEqual(whole(200 * KIB, 7, 0, 31 * KIB));
});

test('an empty file is a file', async () => {
  await using link = await open();
  await link.sftp.writeFile('/empty', chunks(), { mode: 0o644 });
  expect(await link.sftp.lstat('/empty')).toEqual({
    kind: 'file',
    mode: 0o644,
    sizeBytes: 0,
    modifiedAtSec: 1,
  });
  expect(await link.sftp.readFile('/empty')).toEqual(Buffer.alloc(0));
});

test('a file that is there is not written', async () => {
  await using link = await open();
  await link.sftp.writeFile('/file', chunks(3), { mode: 0o644 });
  await expect(link.sftp.writeFile('/file', chunks(5), { mode: 0o644 })).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: 'Could not create /file: the server only says "Failure".',
  });
  expect(link.memory.files.get('/file')?.data.length).toBe(3);
});

test.each([
  ['refuses what does not fit', false],
  ['drops what does not fit without a word', true],
])('a full disk of a server that %s is told, and no torn file stays', async (_, isSilentWhenFull) => {
  await using link = await open({ capacityBytes: 500 * KIB, isSilentWhenFull });
  await expect(
    link.sftp.writeFile('/big', chunks(400 * KIB, 400 * KIB), { mode: 0o644 }),
  ).rejects.toMatchObject({
    code: 'E_DISK_FULL',
    message: 'Could not write /big: the disk is full.',
  });
  expect([...link.memory.files.keys()]).toEqual(['/']);
});

test('a torn file where the disk has room is told by its size', async () => {
  await using link = await open({
    capacityBytes: 500 * KIB,
    isSilentWhenFull: true,
    extensions: { 'posix-rename@openssh.com': '1' },
  });
  await expect(link.sftp.writeFile('/big', chunks(600 * KIB), { mode: 0o644 })).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringMatching(/^Could not write \/big: \d+ of 614400 bytes arrived\.$/),
  });
  expect([...link.memory.files.keys()]).toEqual(['/']);
});

test('a source that fails in the middle leaves no file, and is the error', async () => {
  await using link = await open();
  async function* torn() {
    yield Buffer.alloc(100 * KIB);
    throw new Error('the file has changed');
  }
  await expect(link.sftp.writeFile('/file', torn(), { mode: 0o644 })).rejects.toThrow('the file has changed');
  expect([...link.memory.files.keys()]).toEqual(['/']);
  await link.sftp.writeFile('/file', chunks(1), { mode: 0o644 });
});

test('directories get the mode that was asked for, and are listed without . and ..', async () => {
  await using link = await open();
  await link.sftp.mkdir('/a', 0o755);
  await link.sftp.writeFile('/a/ü b', chunks(3), { mode: 0o644 });
  expect(await link.sftp.list('/a')).toEqual([
    { name: 'ü b', kind: 'file', mode: 0o644, sizeBytes: 3, modifiedAtSec: 1 },
  ]);
  expect(await link.sftp.lstat('/a')).toMatchObject({ kind: 'directory', mode: 0o755 });
  expect(await link.sftp.lstat('/absent')).toBeNull();
  await link.sftp.unlink('/a/ü b');
  await link.sftp.rmdir('/a');
  // What is gone already need not be removed.
  await link.sftp.rmdir('/a');
  await link.sftp.unlink('/a/ü b');
});

test('a rename replaces what is there; a server without the extension is refused, not imitated', async () => {
  await using link = await open();
  await link.sftp.writeFile('/new', chunks(2), { mode: 0o644 });
  await link.sftp.writeFile('/old', chunks(1), { mode: 0o644 });
  await link.sftp.posixRename('/new', '/old');
  expect(link.memory.files.get('/old')?.data.length).toBe(2);
  await using poor = await open({ extensions: {} });
  await expect(poor.sftp.posixRename('/a', '/b')).rejects.toMatchObject({ code: 'E_CAPABILITY' });
  expect(poor.memory.requests).toEqual([]);
  expect(await poor.sftp.freeSpace('/')).toBeNull();
  expect(new Set(poor.sftp.extensions)).toEqual(new Set());
  expect(new Set(link.sftp.extensions)).toEqual(new Set(Object.keys(OPENSSH_EXTENSIONS)));
});

test('the room that is left', async () => {
  await using link = await open({ capacityBytes: 1000 });
  await link.sftp.writeFile('/file', chunks(300), { mode: 0o644 });
  expect(await link.sftp.freeSpace('/')).toEqual({ bytes: 700, inodes: 1000 });
});

test('names that would not arrive as they are never leave, and harm nothing', async () => {
  await using link = await open();
  for (const path of ['/a\0b', '/half \ud800', '']) {
    await expect(link.sftp.lstat(path)).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(link.sftp.writeFile(path, chunks(1), { mode: 0o644 })).rejects.toMatchObject({
      code: 'E_USAGE',
    });
    await expect(link.sftp.posixRename('/a', path)).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(link.sftp.symlink(path, '/a')).rejects.toMatchObject({ code: 'E_USAGE' });
  }
  expect(link.memory.requests).toEqual([]);
  expect(await link.sftp.lstat('/')).toMatchObject({ kind: 'directory' });
});

test.each<[string, (link: Linked) => void, RegExp]>([
  [
    'the channel closes',
    ({ memory }) => memory.closeChannel(),
    /the SFTP channel was closed before the answer came/,
  ],
  ['the link breaks', ({ server }) => server.cut(), /(closed|reset|cut).* before the answer came/],
  ['we close the connection', ({ connection }) => void connection.close(), /closed before the answer came/],
])('calls in flight end when %s, and later ones at once', async (_, breakIt, why) => {
  let asked = 0;
  const all = Promise.withResolvers<void>();
  const onRequest = (name: string) => {
    if (name === 'LSTAT' && ++asked === 3) all.resolve();
    return name === 'LSTAT' ? ('ignore' as const) : ('answer' as const);
  };
  await using link = await open({ onRequest });
  const calls = Promise.allSettled(['/a', '/b', '/c'].map((path) => link.sftp.lstat(path)));
  await all.promise;
  breakIt(link);
  for (const result of await calls) {
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'E_UNKNOWN', message: expect.stringMatching(why) },
    });
  }
  await expect(link.sftp.lstat('/a')).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  await expect(link.sftp.writeFile('/a', chunks(1), { mode: 0o644 })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
  });
});
