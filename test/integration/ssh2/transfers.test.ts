import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { startServer } from '../support/sshServer.ts';
import { byKey, never, openSftp, pieces, text, trusting } from './support.ts';

test('keys are exchanged anew every megabyte, and everything arrives', async () => {
  await using own = await startServer({ image: 'openssh', sshd: ['RekeyLimit=1M'] });
  await using user = await trusting(own);
  const connection = await user.connect(byKey(own));
  const wanted = createHash('sha256');
  async function* content() {
    for (let index = 0; index < 320; index++) {
      const chunk = Buffer.alloc(100_000, index);
      wanted.update(chunk);
      yield chunk;
    }
  }
  const { stdout } =
    (await connection.exec?.({ argv: ['sha256sum'], stdin: content(), signal: never })) ?? {};
  expect(text(stdout)).toBe(`${wanted.digest('hex')}  -\n`);
  const sftp = await openSftp(connection);
  await sftp.writeFile(`${own.path}/big`, pieces(160), { mode: 0o644 });
  const sent = createHash('sha256');
  for await (const piece of pieces(160)) sent.update(piece);
  const back = createHash('sha256').update((await sftp.readFile(`${own.path}/big`)) ?? '');
  expect(back.digest('hex')).toBe(sent.digest('hex'));
});

test.each(['openssh', 'busybox', 'sftp-only'] as const)(
  'SFTP on %s does what the contract says',
  async (image) => {
    await using own = await startServer({ image });
    await using user = await trusting(own);
    const sftp = await openSftp(await user.connect(byKey(own)));
    const at = (name: string) => `${own.path}/${name}`;
    expect([...sftp.extensions]).toEqual(
      expect.arrayContaining(['posix-rename@openssh.com', 'fsync@openssh.com']),
    );
    await sftp.mkdir(at('dir'), 0o777);
    expect(await sftp.lstat(at('dir'))).toMatchObject({ kind: 'directory', mode: 0o777 });
    await sftp.writeFile(at("dir/it's ü"), pieces(50), { mode: 0o755 });
    expect(await sftp.lstat(at("dir/it's ü"))).toMatchObject({
      kind: 'file',
      mode: 0o755,
      sizeBytes: 5_000_000,
    });
    await sftp.symlink('dir', at('one'));
    await sftp.symlink('elsewhere', at('two'));
    await sftp.posixRename(at('one'), at('two'));
    expect([
      await sftp.readlink(at('two')),
      await sftp.lstat(at('one')),
      await sftp.readlink(at('one')),
    ]).toEqual(['dir', null, null]);
    const names = (await sftp.list(own.path))?.map(({ name, kind }) => [name, kind]);
    expect(names?.sort()).toEqual([
      ['dir', 'directory'],
      ['two', 'link'],
    ]);
    await expect(sftp.rmdir(at('dir'))).rejects.toMatchObject({ code: 'E_REMOTE' });
    await expect(sftp.readlink(at('dir'))).rejects.toMatchObject({ code: 'E_REMOTE' });
    await expect(sftp.posixRename(at('absent'), at('x'))).rejects.toMatchObject({ code: 'E_REMOTE' });
    await expect(sftp.mkdir('/etc/x', 0o755)).rejects.toMatchObject({ code: 'E_REMOTE' });
    expect((await sftp.freeSpace(own.path))?.bytes).toBeGreaterThan(1_000_000);
    await sftp.unlink(at("dir/it's ü"));
    await sftp.unlink(at('two'));
    await sftp.rmdir(at('dir'));
    expect(await sftp.list(own.path)).toEqual([]);
  },
);

test('a full disk, and one without inodes, are told, and no torn file stays', async () => {
  await using own = await startServer({
    image: 'openssh',
    tmpfs: { '/srv/app': 'size=2m,uid=1000,gid=1000', '/srv/few': 'size=2m,nr_inodes=3,uid=1000,gid=1000' },
  });
  await using user = await trusting(own);
  const sftp = await openSftp(await user.connect(byKey(own)));
  await expect(sftp.writeFile(`${own.path}/big`, pieces(50), { mode: 0o644 })).rejects.toMatchObject({
    code: 'E_DISK_FULL',
    message: expect.stringContaining('the disk is full'),
  });
  expect(await sftp.list(own.path)).toEqual([]);
  const fillInodes = async () => {
    for (let index = 0; ; index++) await sftp.symlink('x', `/srv/few/${index}`);
  };
  await expect(fillInodes()).rejects.toMatchObject({
    code: 'E_DISK_FULL',
    message: expect.stringContaining('no inodes left'),
  });
});
