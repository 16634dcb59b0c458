import { expect, test } from 'vitest';
import type { CacheRepairResult, CacheVerifyResult } from '../../src/core/operations/cacheResults.ts';
import { contentOf, currentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

const FILES = {
  'index.html': 'one',
  'ünï/"it\'s" $(x)': 'odd',
  'b\\s/x': 'back',
  'dir/a': 'a',
  'dir/b': 'b',
  gone: 'g',
};

async function deployed(image: 'openssh' | 'busybox' | 'sftp-only'): Promise<ServedProject> {
  const at = await createServedProject({ image });
  for (const text of ['zero', 'one']) {
    await at.project.repository.commit({ ...FILES, 'index.html': text });
    const { exitCode, stderr } = await at.project.run(['deploy', 'production']);
    expect(exitCode, stderr).toBe(0);
  }
  return at;
}

/** Kinds, modes, times, targets and contents, in the cache and the releases. */
const TREE = `cd /srv/app
find deploy-cache releases -type d -exec stat -c '%a %n' {} + | sort
find deploy-cache releases ! -type d -exec stat -c '%F %a %Y %N' {} + | sort
find deploy-cache releases -type f -exec sha256sum {} + | sort`;

/** As the user who deploys, in the deploy-cache. */
async function damage(server: SshServer, program: string): Promise<void> {
  const path = `${server.pathInContainer}/deploy-cache`;
  const { exitCode, stderr } = await server.exec(['sh', '-ec', `cd "$1"; ${program}`, 'sh', path], {
    user: 'deploy',
  });
  expect(exitCode, stderr).toBe(0);
}

/** A byte that changed without anybody having written, as a disk does it. */
const flip = (name: string) =>
  `touch -r '${name}' /tmp/time; printf X | dd of='${name}' bs=1 seek=1 conv=notrunc 2>/dev/null; touch -r /tmp/time '${name}'`;

test.each(['openssh', 'busybox'] as const)(
  '%s: a flipped byte is found, in the cache and the live release, and mended in both',
  async (image) => {
    await using at = await deployed(image);
    const { server, project } = at;
    const live = await currentOf(server);
    const verify = () => project.json<CacheVerifyResult>(['cache', 'verify', 'production']);
    const well = { name: 'web1', files: 6, hashed: true, differences: [], failure: null };
    expect(await verify()).toMatchObject({
      exitCode: 0,
      answer: { environment: 'production', servers: [{ ...well, notes: [] }] },
    });

    await damage(server, flip('index.html'));
    expect(await contentOf(server, '/srv/app/current/index.html')).toBe('oXe');
    const found = [{ path: 'index.html', kind: 'content', live: true }];
    expect(await verify()).toMatchObject({
      exitCode: 4,
      answer: { servers: [{ ...well, differences: found }] },
    });
    const told = await project.run(['cache', 'verify', 'production']);
    expect(told).toMatchObject({
      exitCode: 4,
      stdout: expect.stringContaining('✗ index.html: its content is not'),
    });
    expect(told.stdout).toContain('To mend: cutover cache repair production');

    const repaired = await project.json<CacheRepairResult>(['cache', 'repair', 'production'], {
      home: `${project.home}-elsewhere`,
    });
    expect(repaired).toMatchObject({
      exitCode: 0,
      answer: {
        servers: [
          { ...well, mended: found, problems: [expect.stringContaining('index.html: the live release')] },
        ],
      },
    });
    for (const name of ['deploy-cache', 'current'])
      expect(await contentOf(server, `/srv/app/${name}/index.html`)).toBe('one');
    expect(await currentOf(server)).toBe(live);
    expect(await verify()).toMatchObject({ exitCode: 0, answer: { servers: [well] } });
    const status = await project.json(['status', 'production']);
    expect(status).toMatchObject({
      exitCode: 0,
      answer: {
        servers: [
          { current: live.slice('releases/'.length), lock: null, openTransaction: null, drift: null },
        ],
      },
    });
    const next = await project.json(['deploy', 'production', '--full']);
    expect(next).toMatchObject({ exitCode: 0, answer: { outcome: 'committed', problems: [] } });
  },
);

test.each(['openssh', 'busybox'] as const)(
  '%s: all kinds of differences are found, and mended',
  async (image) => {
    await using at = await deployed(image);
    const { server, project } = at;
    const tree = () => inContainer(server, ['sh', '-c', TREE]);
    const before = await tree();
    expect(before.split('\n').length).toBeGreaterThan(40);
    await damage(
      server,
      `${flip('b\\s/x')}; for each in ünï/*; do printf XX >"$each"; done; chmod 755 index.html; chmod 0 dir/a; rm gone; rm dir/b; mkdir -p dir/b/c new/er; ln -s /etc up`,
    );
    const { exitCode, answer } = await project.json<CacheVerifyResult>(['cache', 'verify', 'production']);
    expect(exitCode).toBe(4);
    expect(answer.servers[0]?.differences.map(({ path, kind }) => [path, kind])).toEqual([
      ['b\\s/x', 'content'],
      ['dir/a', 'content'],
      ['dir/b', 'kind'],
      ['gone', 'missing'],
      ['index.html', 'mode'],
      ['new', 'extra'],
      ['up', 'extra'],
      ['ünï/"it\'s" $(x)', 'content'],
    ]);
    await project.repository.commit({ ...FILES, 'index.html': 'three', gone: 'not yet deployed' });
    const repaired = await project.json<CacheRepairResult>(['cache', 'repair', 'production']);
    expect([repaired.exitCode, repaired.answer.servers[0]?.differences]).toEqual([0, []]);
    expect(repaired.answer.servers[0]?.mended).toHaveLength(8);
    expect(await tree()).toBe(before);
    const next = await project.json(['deploy', 'production']);
    expect(next).toMatchObject({
      exitCode: 0,
      answer: { servers: [{ uploaded: { files: 2 } }], problems: [] },
    });
  },
);

test('over SFTP alone sizes and times are compared, and that is said', async () => {
  await using at = await deployed('sftp-only');
  const { server, project } = at;
  await damage(server, `${flip('index.html')}; printf longer >dir/a; rm gone`);
  const found = [
    { path: 'dir/a', kind: 'content' },
    { path: 'gone', kind: 'missing' },
  ];
  expect(await project.json(['cache', 'verify', 'production'])).toMatchObject({
    exitCode: 4,
    answer: { servers: [{ hashed: false, differences: found }] },
  });
  expect(await project.json(['cache', 'repair', 'production'])).toMatchObject({
    exitCode: 0,
    answer: { servers: [{ hashed: false, mended: found, differences: [] }] },
  });
  expect(await contentOf(server, `${server.pathInContainer}/current/dir/a`)).toBe('a');
  const { stdout } = await project.run(['cache', 'verify', 'production']);
  expect(stdout).toContain('compared by size and time');
});

test('a repair while somebody holds the lock ends with 11, a server that is gone with 10', async () => {
  await using at = await deployed('openssh');
  const { server, project } = at;
  expect((await project.run(['lock', 'production', '--message', 'mine'])).exitCode).toBe(0);
  expect((await project.json(['cache', 'repair', 'production'])).exitCode).toBe(11);
  expect((await project.json(['cache', 'verify', 'production'])).exitCode).toBe(0);
  await server.stop();
  expect((await project.json(['cache', 'verify', 'production'])).exitCode).toBe(10);
  const unknown = await project.run(['cache', 'verfy', 'production']);
  expect(unknown).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Next: cutover cache verify'),
  });
});
