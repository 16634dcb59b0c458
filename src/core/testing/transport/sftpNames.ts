import assert from 'node:assert/strict';
import { failureOf, rejectsWith, soon } from './expectations.ts';
import { piecesOf } from './input.ts';
import { open, type Rule, rule } from './place.ts';
import { ownDirectory } from './sftpDirectory.ts';

const ODD_NAMES = [
  "it's",
  '"',
  '$(id)',
  '`id`',
  '-rf',
  '*',
  '?',
  ' ',
  ' before and after ',
  '\\',
  '#',
  '~',
  'two\nlines',
  '\ttab',
  'ü',
  'u\u0308',
  '日本語',
  '\u{1f680}',
  '...',
  '.hidden',
  'n'.repeat(255),
];

const file = { mode: 0o644 };

export const sftpNameRules: readonly Rule[] = [
  rule('sftp: what is not there is null, and need not be removed', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    for (const path of [at('absent'), at('absent/below')]) {
      assert.equal(await sftp.lstat(path), null, 'lstat');
      assert.equal(await sftp.stat(path), null, 'stat');
      assert.equal(await sftp.readlink(path), null, 'readlink');
      assert.equal(await sftp.list(path), null, 'list');
      assert.equal(await sftp.readFile(path), null, 'readFile');
      await sftp.unlink(path);
      await sftp.rmdir(path);
    }
    assert.equal(await sftp.realpath(at('absent/below')), null, 'realpath');
  }),

  rule('sftp: odd names stay as they are', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at, path } = own;
    await Promise.all(ODD_NAMES.map((name) => sftp.writeFile(at(name), piecesOf([Buffer.from(name)]), file)));
    const names = (await sftp.list(path))?.map(({ name }) => name) ?? [];
    assert.deepEqual([...names].sort(), [...ODD_NAMES].sort());
    const contents = await Promise.all(ODD_NAMES.map((name) => sftp.readFile(at(name))));
    assert.deepEqual(
      contents.map((bytes) => Buffer.from(bytes ?? []).toString()),
      ODD_NAMES,
    );
    for (const [index, name] of ODD_NAMES.entries()) {
      await sftp.symlink(name, at(`link ${index}`));
      assert.equal(await sftp.readlink(at(`link ${index}`)), name);
    }
  }),

  rule('sftp: a name that cannot be sent harms nothing', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    for (const name of ['a\0b', '\ud800']) await rejectsWith(own.sftp.lstat(own.at(name)), 'E_USAGE');
    await rejectsWith(own.sftp.lstat(''), 'E_USAGE');
    assert.equal((await own.sftp.lstat(own.path))?.kind, 'directory');
  }),

  rule('sftp: links are told from what they lead to', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at, path } = own;
    await sftp.writeFile(at('file'), piecesOf([Buffer.from('12345')]), file);
    await sftp.mkdir(at('directory'), 0o755);
    await sftp.symlink('file', at('to file'));
    await sftp.symlink(`${path}/directory`, at('to directory'));
    await sftp.symlink('nowhere/at all', at('to nothing'));
    const kinds = async (name: string) => [
      (await sftp.lstat(at(name)))?.kind,
      (await sftp.stat(at(name)))?.kind,
      await sftp.readlink(at(name)).catch(() => 'no link'),
    ];
    assert.deepEqual(await kinds('file'), ['file', 'file', 'no link']);
    assert.deepEqual(await kinds('to file'), ['link', 'file', 'file']);
    assert.deepEqual(await kinds('to directory'), ['link', 'directory', `${path}/directory`]);
    assert.deepEqual(await kinds('to nothing'), ['link', undefined, 'nowhere/at all']);
    assert.equal((await sftp.stat(at('to file')))?.sizeBytes, 5);
    await rejectsWith(sftp.readlink(at('file')), 'E_REMOTE');
    const listed = (await sftp.list(path))?.map(({ name, kind }) => `${kind} ${name}`).sort();
    assert.deepEqual(listed, [
      'directory directory',
      'file file',
      'link to directory',
      'link to file',
      'link to nothing',
    ]);
  }),

  rule('sftp: realpath is absolute, and without links', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    const start = await sftp.realpath('.');
    assert.match(start ?? '', /^\//);
    await sftp.mkdir(at('there'), 0o755);
    await sftp.symlink('there', at('link'));
    assert.equal(await sftp.realpath(at('link')), await sftp.realpath(at('there')));
    assert.equal(await sftp.realpath(at('there/../there')), await sftp.realpath(at('there')));
  }),

  rule('sftp: a name that is taken is not taken again', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    await sftp.writeFile(at('file'), piecesOf([Buffer.from('first')]), file);
    await sftp.mkdir(at('directory'), 0o755);
    await sftp.symlink('file', at('link'));
    for (const name of ['file', 'directory', 'link']) {
      await rejectsWith(sftp.symlink('elsewhere', at(name)), 'E_REMOTE');
      await rejectsWith(sftp.writeFile(at(name), piecesOf([Buffer.from('second')]), file), 'E_REMOTE');
      await rejectsWith(sftp.copyFile(at('file'), at(name), file), 'E_REMOTE');
      await rejectsWith(sftp.mkdir(at(name), 0o755), 'E_REMOTE');
      if (sftp.hardlink !== undefined) await rejectsWith(sftp.hardlink(at('file'), at(name)), 'E_REMOTE');
    }
    assert.equal(Buffer.from((await sftp.readFile(at('file'))) ?? []).toString(), 'first');
    assert.equal(await sftp.readlink(at('link')), 'file');
  }),

  rule('sftp: one of twenty gets a name', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const tries = Array.from({ length: 20 }, (_, index) =>
      own.sftp.symlink(`owner ${index}`, own.at('lock')),
    );
    const won = (await Promise.allSettled(tries)).flatMap(({ status }, index) =>
      status === 'fulfilled' ? [`owner ${index}`] : [],
    );
    assert.deepEqual(won, [await own.sftp.readlink(own.at('lock'))]);
  }),

  rule(
    'sftp: directories have the mode that was asked for, and go when they are empty',
    ['sftp'],
    async (place) => {
      await using own = await ownDirectory(place);
      const { sftp, at } = own;
      for (const mode of [0o777, 0o755, 0o700]) {
        await sftp.mkdir(at('directory'), mode);
        assert.equal((await sftp.lstat(at('directory')))?.mode, mode);
        if (mode !== 0o700) await sftp.rmdir(at('directory'));
      }
      await sftp.symlink('x', at('directory/link'));
      await rejectsWith(sftp.rmdir(at('directory')), 'E_REMOTE');
      await sftp.unlink(at('directory/link'));
      await sftp.rmdir(at('directory'));
      assert.equal(await sftp.lstat(at('directory')), null);
      await rejectsWith(sftp.mkdir(at('absent/below'), 0o755), 'E_REMOTE');
    },
  ),

  rule('sftp: a link is removed, not what it leads to', ['sftp'], async (place) => {
    await using own = await ownDirectory(place);
    const { sftp, at } = own;
    await sftp.mkdir(at('directory'), 0o755);
    await sftp.symlink('directory', at('link'));
    await sftp.unlink(at('link'));
    assert.equal((await sftp.lstat(at('directory')))?.kind, 'directory');
    assert.equal(await sftp.lstat(at('link')), null);
  }),

  rule('sftp: close() ends what is under way, and a new channel works', ['sftp'], async (place) => {
    await using opened = await open(place);
    const sftp = await opened.sftp();
    const calls = Promise.allSettled(Array.from({ length: 50 }, () => sftp.lstat('/')));
    sftp.close();
    await soon(calls, 'SFTP calls');
    await soon(failureOf(sftp.lstat('/')), 'A call after close()');
    sftp.close();
    const again = await soon(opened.sftp(), 'SFTP again');
    assert.equal((await again.lstat('/'))?.kind, 'directory');
  }),
];
