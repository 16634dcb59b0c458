import { expect, test } from 'vitest';
import type { TransactionResult } from '../../../src/core/operations/results.ts';
import { startCutover } from '../support/cutover.ts';
import { createProject } from '../support/project.ts';
import { contentOf } from '../support/remoteTree.ts';
import { type ServerOptions, type SshServer, startServer } from '../support/sshServer.ts';
import { isLine, listenTo } from '../support/story.ts';
import { type DeployServer, deployThrough } from './deployments.ts';

const ENTRIES = {
  openssh: (server: SshServer) => ({
    transport: 'openssh',
    host: server.host,
    port: server.port,
    user: server.user,
    identityFile: server.privateKeyPath,
    identitiesOnly: true,
    knownHostsFile: server.knownHostsPath,
    configFile: 'none',
    path: server.path,
  }),
  docker: (server: SshServer) => ({
    transport: 'docker',
    container: server.container.getId(),
    user: 'deploy',
    path: server.path,
  }),
} as const;

type Name = keyof typeof ENTRIES;
const names = Object.keys(ENTRIES) as readonly Name[];

async function by(name: Name, options: ServerOptions, prepare = ':'): Promise<DeployServer> {
  const server = await startServer(options);
  await server.exec(['sh', '-euc', prepare]);
  return {
    entry: ENTRIES[name](server),
    read: (path) => contentOf(server, `${server.path}/${path}`),
    end: () => server.stop(),
  };
}

const openssh = { image: 'openssh' } as const;
deployThrough('openssh', () => by('openssh', openssh));
deployThrough('openssh, one channel', () => by('openssh', { ...openssh, sshd: ['MaxSessions=1'] }));
deployThrough('openssh, BusyBox', () => by('openssh', { image: 'busybox' }));
deployThrough('openssh, fish', () => by('openssh', openssh, 'usermod --shell /usr/bin/fish deploy'));
deployThrough('openssh, noisy', () =>
  by('openssh', openssh, "echo 'echo Welcome to prod' >/home/deploy/.bashrc"),
);
deployThrough('docker', () => by('docker', openssh));
deployThrough('docker, BusyBox', () => by('docker', { image: 'busybox' }));

test.each(names)('%s: a deployer that is killed while a command runs is resumed', async (name) => {
  await using server = await startServer(openssh);
  const environment = {
    servers: { web1: ENTRIES[name](server) },
    commands: {
      postUpload: ['echo started; echo run >>/tmp/runs; until test -e /tmp/go; do sleep 0.1; done'],
    },
  };
  await using project = await createProject(environment);
  await project.repository.commit({ 'index.html': 'one' });
  const running = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
  const story = listenTo(running);
  await story.tells(isLine('started'));
  running.kill('SIGKILL');
  await running;
  await server.exec(['touch', '/tmp/go']);
  const resumed = await project.json<TransactionResult>(['resume', 'production']);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(await contentOf(server, '/srv/app/current/index.html')).toBe('one');
  expect(await contentOf(server, '/tmp/runs')).toBe('run\n');
});

test('a group of both is armed, and switched together', async () => {
  await using one = await startServer({ ...openssh, sshd: ['MaxSessions=1'] });
  await using two = await startServer(openssh);
  const servers = { web1: ENTRIES.openssh(one), web2: ENTRIES.docker(two) };
  await using project = await createProject({ servers });
  for (const version of ['one', 'two']) {
    await project.repository.commit({ 'index.html': version });
    const { exitCode, answer, stderr } = await project.json<TransactionResult>(['deploy', 'production']);
    expect({ exitCode, outcome: answer.outcome }, stderr).toEqual({ exitCode: 0, outcome: 'committed' });
    expect(answer.activationSkewMs).toEqual(expect.any(Number));
    for (const server of [one, two]) {
      expect(await contentOf(server, '/srv/app/current/index.html')).toBe(version);
    }
  }
});
