import { chmod, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import type { GitRepository } from './gitRepository.ts';
import type { Project } from './project.ts';
import { inContainer } from './remoteTree.ts';
import type { SshServer } from './sshServer.ts';

/** Of lodash. */
const VERSIONS =
  '4.0.0 4.1.0 4.2.1 4.3.0 4.4.0 4.5.1 4.6.1 4.7.0 4.8.2 4.9.0 4.10.0 4.11.2 4.12.0 4.13.1 4.14.2 4.15.0 4.16.6 4.17.0 4.17.10 4.17.21';

/** Commits states of a real tree, at most twenty, one after the other as they are asked for, and gives each commit. */
export async function* packageHistory({ path, repository }: Project, most = 20): AsyncGenerator<string> {
  const versions = VERSIONS.split(' ').slice(-most);
  const packed = await packVersions('lodash', versions, join(path, 'packed'));
  for (const [index, directory] of packed.entries()) {
    await replaceWorkTree(repository, directory);
    await addOddities(repository.path, index);
    yield repository.commitAll(`lodash ${versions[index]}`);
  }
}

/** Unpacks what git archive gives of a commit in the container, and gives the directory. */
export async function archiveIn(server: SshServer, { path }: GitRepository, commit: string): Promise<string> {
  const { stdout } = await execa('git', ['-c', 'tar.umask=0022', 'archive', commit], {
    cwd: path,
    encoding: 'buffer',
  });
  await inContainer(server, ['sh', '-c', 'rm -rf /expected && mkdir /expected']);
  await server.container.copyArchiveToContainer(Readable.from([stdout]), '/expected');
  return '/expected';
}

/** Packs versions of a public package from the registry. Gives their directories, in the order asked for. */
async function packVersions(
  name: string,
  versions: readonly string[],
  directory: string,
): Promise<readonly string[]> {
  await mkdir(directory, { recursive: true });
  const specs = versions.map((version) => `${name}@${version}`);
  await execa('npm', ['pack', '--silent', '--pack-destination', directory, ...specs]);
  return Promise.all(
    versions.map(async (version) => {
      const target = join(directory, version);
      await mkdir(target);
      await execa('tar', [
        '-xzf',
        join(directory, `${name}-${version}.tgz`),
        '-C',
        target,
        '--strip-components=1',
      ]);
      return target;
    }),
  );
}

/** Makes the work tree what the directory holds, keeping `.git`. */
async function replaceWorkTree(repository: GitRepository, directory: string): Promise<void> {
  for (const name of await readdir(repository.path)) {
    if (name !== '.git') await rm(join(repository.path, name), { recursive: true });
  }
  await cp(directory, repository.path, { recursive: true, verbatimSymlinks: true });
}

/** What changes from state to state besides the package: modes, links, kinds, and names that shells trip over. */
async function addOddities(path: string, index: number): Promise<void> {
  await writeFile(join(path, `-rf ${index}'s "file" $(touch pwned) é e\u0301`), `state ${index}`);
  await writeFile(join(path, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(path, 'run.sh'), index % 2 === 0 ? 0o755 : 0o644);
  await writeFile(join(path, 'empty'), '');
  await symlink(index % 2 === 0 ? 'run.sh' : 'package.json', join(path, 'link'));
  // A file in one state, a link in the next.
  if (index % 3 === 0) await writeFile(join(path, 'changeling'), 'a file');
  else if (index % 3 === 1) await symlink('lodash.js', join(path, 'changeling'));
}
