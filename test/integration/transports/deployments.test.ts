import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverEntry } from '../support/project.ts';
import { contentOf } from '../support/remoteTree.ts';
import { scratch } from '../support/scratch.ts';
import { type ServerOptions, startServer } from '../support/sshServer.ts';
import { type DeployServer, deployThrough } from './deployments.ts';

deployThrough('ssh2', () => bySsh('ssh2', { image: 'openssh' }));
deployThrough('ssh2, one channel', () => bySsh('ssh2', { image: 'openssh', sshd: ['MaxSessions=1'] }));
deployThrough('ssh2, BusyBox', () => bySsh('ssh2', { image: 'busybox' }));
deployThrough('ssh2, fish', () =>
  bySsh('ssh2', { image: 'openssh' }, 'usermod --shell /usr/bin/fish deploy'),
);
deployThrough('ssh2, csh', () => bySsh('ssh2', { image: 'openssh' }, 'usermod --shell /bin/csh deploy'));
deployThrough('ssh2, noisy', () =>
  bySsh('ssh2', { image: 'openssh' }, "echo 'echo Welcome to prod' >/home/deploy/.bashrc"),
);
deployThrough('sftp', () => bySsh('sftp', { image: 'openssh' }));
deployThrough('sftp, no shell', () => bySsh('sftp', { image: 'sftp-only' }));
deployThrough('local', here);

async function bySsh(transport: string, options: ServerOptions, prepare = ':'): Promise<DeployServer> {
  const server = await startServer(options);
  await server.exec(['sh', '-euc', prepare]);
  return {
    entry: serverEntry(server, { transport }),
    read: (path) => contentOf(server, `${server.pathInContainer}/${path}`),
    end: () => server.stop(),
  };
}

async function here(): Promise<DeployServer> {
  const directory = await scratch();
  const path = join(directory.path, 'shop');
  return {
    entry: { transport: 'local', path },
    read: (name) => readFile(join(path, name), 'utf8'),
    end: () => directory.remove(),
  };
}
