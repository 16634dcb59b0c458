import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CutoverError, type Sftp } from '../../contract/index.ts';
import { failureOf, rejectsWith, sha256, soon } from './expectations.ts';
import { piecesOf } from './input.ts';
import { open, type Rule, rule } from './place.ts';
import { ownDirectory } from './sftpDirectory.ts';

const MIB = 1024 ** 2;
const LONG_AGO_SEC = 1_000_000_000;
const bytes = (text: string) => piecesOf([Buffer.from(text)]);
const contentOf = async (sftp: Sftp, path: string) => {
  const found = await sftp.readFile(path);
  return found === null ? null : Buffer.from(found).toString();
};

export const sftpFileRules: readonly Rule[] = [
  rule('sftp: a file has the content, mode and time that were asked for', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    for (const mode of [0o644, 0o755, 0o600, 0o666]) {
      await sftp.writeFile(at(`f${mode}`), bytes('12345'), { mode, modifiedAtSec: LONG_AGO_SEC });
      assert.deepEqual(await sftp.lstat(at(`f${mode}`)), {
        kind: 'file',
        mode,
        sizeBytes: 5,
        modifiedAtSec: LONG_AGO_SEC,
      });
      assert.equal(await contentOf(sftp, at(`f${mode}`)), '12345');
    }
    await sftp.writeFile(at('unsynced'), bytes('x'), { mode: 0o644, isSynced: false });
    assert.equal(await contentOf(sftp, at('unsynced')), 'x');
    await sftp.writeFile(at('empty'), piecesOf([]), { mode: 0o644 });
    assert.deepEqual(
      [(await sftp.stat(at('empty')))?.sizeBytes, await contentOf(sftp, at('empty'))],
      [0, ''],
    );
  }),

  rule('sftp: a content that throws is the error, and leaves no file', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const torn = new CutoverError('E_SOURCE', 'The file has changed.');
    async function* content() {
      yield Buffer.alloc(100_000, 'x');
      throw torn;
    }
    const writing = own.sftp.writeFile(own.at('file'), content(), { mode: 0o644 });
    assert.equal(await soon(failureOf(writing), 'writeFile'), torn);
    assert.deepEqual(await own.sftp.list(own.path), []);
  }),

  rule(
    'sftp: 12 MiB go there, are copied and come back, although memory is used again',
    ['sftp'],
    async (place) => {
      await using own = await ownDirectory(place);
      const { sftp, at } = own;
      const wanted = createHash('sha256');
      await sftp.writeFile(at('large'), usedAgain(12, MIB, wanted), { mode: 0o644 });
      const sum = wanted.digest('hex');
      await sftp.copyFile(at('large'), at('copy'), { mode: 0o600, modifiedAtSec: LONG_AGO_SEC });
      for (const name of ['large', 'copy']) {
        assert.equal(sha256((await sftp.readFile(at(name))) ?? Buffer.alloc(0)), sum, name);
      }
      const { mode, modifiedAtSec } = (await sftp.lstat(at('copy'))) ?? {};
      assert.deepEqual([mode, modifiedAtSec], [0o600, LONG_AGO_SEC]);
    },
  ),

  rule('sftp: one request at a time is enough, also where memory is used again', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    await using opened = await open(place);
    // A server that allows one channel gives this one to another connection.
    const sftp = await opened.connection.sftp!({ outstanding: 1 });
    const wanted = createHash('sha256');
    await sftp.writeFile(own.at('file'), usedAgain(10, 50_000, wanted), { mode: 0o644 });
    assert.equal(sha256((await sftp.readFile(own.at('file'))) ?? Buffer.alloc(0)), wanted.digest('hex'));
    const stats = await Promise.all(Array.from({ length: 20 }, () => sftp.lstat(own.at('file'))));
    assert.deepEqual(
      stats.map((stat) => stat?.sizeBytes),
      stats.map(() => 500_000),
    );
  }),

  rule('sftp: a copy needs something to copy', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    await rejectsWith(own.sftp.copyFile(own.at('absent'), own.at('copy'), { mode: 0o644 }), 'E_REMOTE');
    await rejectsWith(own.sftp.writeFile(own.at('absent/x'), bytes('x'), { mode: 0o644 }), 'E_REMOTE');
    assert.deepEqual(await own.sftp.list(own.path), []);
  }),

  rule('sftp: appendFile makes a file, and adds to its end', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    await sftp.appendFile(at('log'), Buffer.from('one\n'), 0o600);
    assert.equal((await sftp.lstat(at('log')))?.mode, 0o600);
    const large = Buffer.alloc(200_001, 'large ');
    await sftp.appendFile(at('log'), large, 0o600);
    await sftp.appendFile(at('log'), Buffer.from('three\n'), 0o600);
    assert.equal(await contentOf(sftp, at('log')), `one\n${large}three\n`);
  }),

  rule('sftp: touch gives the time of the server', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    const first = await sftp.touch(at('beat'), 0o600);
    const made = await sftp.lstat(at('beat'));
    assert.deepEqual([made?.sizeBytes, made?.mode, made?.modifiedAtSec], [1, 0o600, first]);
    await sftp.setTime(at('beat'), LONG_AGO_SEC);
    assert.equal((await sftp.lstat(at('beat')))?.modifiedAtSec, LONG_AGO_SEC);
    assert.ok((await sftp.touch(at('beat'), 0o600)) >= first, 'The time went back.');
    assert.equal((await sftp.lstat(at('beat')))?.sizeBytes, 1);
  }),

  rule('sftp: setTime is for files and directories, and follows links', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    await sftp.writeFile(at('file'), bytes('x'), { mode: 0o644 });
    await sftp.mkdir(at('directory'), 0o755);
    await sftp.symlink('file', at('link'));
    await sftp.setTime(at('link'), LONG_AGO_SEC);
    await sftp.setTime(at('directory'), LONG_AGO_SEC + 1);
    assert.equal((await sftp.lstat(at('file')))?.modifiedAtSec, LONG_AGO_SEC);
    assert.equal((await sftp.lstat(at('directory')))?.modifiedAtSec, LONG_AGO_SEC + 1);
    await rejectsWith(sftp.setTime(at('absent'), LONG_AGO_SEC), 'E_REMOTE');
  }),

  rule(
    'sftp: hardlink is there where the server has it, and makes a second name',
    ['sftp'],
    async (place) => {
      await using own = await ownDirectory(place);
      const { sftp, at } = own;
      assert.equal(sftp.hardlink !== undefined, sftp.extensions.has('hardlink@openssh.com'));
      if (sftp.hardlink === undefined) return;
      await sftp.appendFile(at('one'), Buffer.from('1'), 0o644);
      await sftp.hardlink(at('one'), at('two'));
      await sftp.appendFile(at('two'), Buffer.from('2'), 0o644);
      assert.equal(await contentOf(sftp, at('one')), '12');
      await sftp.unlink(at('one'));
      assert.equal(await contentOf(sftp, at('two')), '12');
      await rejectsWith(sftp.hardlink(at('absent'), at('three')), 'E_REMOTE');
    },
  ),

  rule('sftp: posixRename replaces what is there, or says that it cannot', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    await sftp.symlink('old', at('current'));
    await sftp.symlink('new', at('next'));
    if (!sftp.extensions.has('posix-rename@openssh.com')) {
      await rejectsWith(sftp.posixRename(at('next'), at('current')), 'E_CAPABILITY');
      return;
    }
    await sftp.posixRename(at('next'), at('current'));
    assert.deepEqual([await sftp.readlink(at('current')), await sftp.lstat(at('next'))], ['new', null]);
    await sftp.writeFile(at('a'), bytes('a'), { mode: 0o644 });
    await sftp.writeFile(at('b'), bytes('b'), { mode: 0o644 });
    await sftp.posixRename(at('a'), at('b'));
    assert.equal(await contentOf(sftp, at('b')), 'a');
    await sftp.mkdir(at('built'), 0o755);
    await sftp.mkdir(at('taken'), 0o755);
    await sftp.writeFile(at('taken/file'), bytes('x'), { mode: 0o644 });
    await rejectsWith(sftp.posixRename(at('built'), at('taken')), 'E_REMOTE');
    await sftp.posixRename(at('built'), at('release'));
    assert.equal((await sftp.lstat(at('release')))?.kind, 'directory');
    await rejectsWith(sftp.posixRename(at('absent'), at('x')), 'E_REMOTE');
  }),

  rule('sftp: freeSpace is a number where the server says it', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const free = await own.sftp.freeSpace(own.path);
    if (!own.sftp.extensions.has('statvfs@openssh.com')) return assert.equal(free, null);
    assert.ok(free !== null && free.bytes > 0 && free.inodes > 0, JSON.stringify(free));
  }),

  rule('sftp: 300 calls at a time, each with its own answer', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at, path } = own;
    const names = Array.from({ length: 300 }, (_, index) => `name ${String(index).padStart(3, '0')}`);
    await Promise.all(names.map((name, index) => sftp.symlink(`target ${index}`, at(name))));
    const targets = await Promise.all(names.map((name) => sftp.readlink(at(name))));
    assert.deepEqual(
      targets,
      names.map((_, index) => `target ${index}`),
    );
    const listed = await sftp.list(path);
    assert.deepEqual(listed?.map(({ name }) => name).sort(), names);
    await Promise.all(names.map((name) => sftp.unlink(at(name))));
    assert.deepEqual(await sftp.list(path), []);
  }),
];

/** So many pieces of this size, all in the same memory. */
async function* usedAgain(count: number, sizeBytes: number, hash: ReturnType<typeof createHash>) {
  const used = Buffer.alloc(sizeBytes);
  for (let index = 0; index < count; index++) {
    hash.update(used.fill(index * 3 + 1));
    yield used;
  }
}
