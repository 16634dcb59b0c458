import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProject, type Project, serverEntry } from './support/project.ts';
import { inContainer, tidiedIn } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

let server: SshServer;

beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(async () => {
  await server?.stop();
});

/** Two releases by a login with this umask; the first seeds a shared directory and a shared file. */
async function deployWith(umask: string): Promise<{ project: Project; path: string }> {
  const path = `/srv/app/umask-${umask}`;
  const start = `for each in .bashrc .profile; do echo 'umask ${umask}' >/home/deploy/$each; done`;
  await inContainer(server, ['sh', '-c', start]);
  const project = await createProject({
    servers: { web1: serverEntry(server, { path }) },
    shared: { directories: ['storage', 'cache'], files: ['settings'] },
    commands: { postUpload: ['echo made >made'] },
  });
  for (const version of ['one', 'two']) {
    const files = { 'index.html': version, 'bin/run': version, settings: 'a', 'storage/hook': 'b' };
    await project.repository.commit(files, version);
    for (const name of ['bin/run', 'storage/hook']) await chmod(join(project.repository.path, name), 0o755);
    await project.repository.commitAll(`${version}, runnable`);
    const { exitCode, stdout, stderr } = await project.run(['deploy', 'production']);
    expect({ exitCode, told: exitCode === 0 ? '' : stdout + stderr }).toEqual({ exitCode: 0, told: '' });
  }
  return { project, path };
}

/** Path and mode of everything below, links left out. */
async function modesIn(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await inContainer(server, ['find', path, '!', '-type', 'l', '-printf', '%P %m\n']);
  const lines = text.trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

describe.each(['077', '000', '027'])('a login with the umask %s', (umask) => {
  let project: Project;
  let path: string;
  beforeAll(async () => {
    ({ project, path } = await deployWith(umask));
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
  });

  test('releases and cache have the modes of the source, and directories 755', async () => {
    const files = { '': '755', bin: '755', 'bin/run': '755', 'index.html': '644' };
    expect(await modesIn(`${path}/current/.`)).toEqual({ ...files, made: expect.stringMatching(/^6/) });
    expect(await modesIn(`${path}/deploy-cache`)).toMatchObject(files);
    for (const each of ['', '/releases', '/shared', '/deploy-cache'])
      expect([each, (await modesIn(path + each))['']]).toEqual([each, '755']);
  });

  test('what is shared begins with the modes of the release, and is 755 where there is none', async () => {
    expect(await modesIn(`${path}/shared`)).toEqual({
      '': '755',
      cache: '755',
      settings: '644',
      storage: '755',
      'storage/hook': '755',
    });
  });

  test('what cutover keeps for itself is for its owner alone', async () => {
    const { '': top, ...below } = await modesIn(`${path}/.cutover`);
    expect(top).toBe('700');
    await tidiedIn(server, path);
    const ours = ['!', '-path', '*/standby/*/tree/*', '-type', 'f'];
    const files = await inContainer(server, ['find', `${path}/.cutover`, ...ours, '!', '-perm', '600']);
    expect(files).toBe('');
    expect(Object.keys(below)).toEqual(expect.arrayContaining(['cache', 'ledger', 'manifests']));
  });
});
