import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { GitRepository } from './gitRepository.ts';

/** Packs versions of a public package from the registry. Gives their directories, in the order asked for. */
export async function packVersions(
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
export async function replaceWorkTree(repository: GitRepository, directory: string): Promise<void> {
  for (const name of await readdir(repository.path)) {
    if (name !== '.git') await rm(join(repository.path, name), { recursive: true });
  }
  await cp(directory, repository.path, { recursive: true, verbatimSymlinks: true });
}
