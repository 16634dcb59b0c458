import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ENVIRONMENT, type GitRepository, repositoryAt } from './gitRepository.ts';
import { inScratch } from './observe.ts';

/** Git clones submodules from directories only where that is allowed. */
export const ALLOW = ['-c', 'protocol.file.allow=always'] as const;

export interface SubmoduleProject {
  readonly site: GitRepository;
  readonly library: GitRepository;
  readonly scratch: string;
}

/** Two repositories: a site, and a library that is its submodule at vendor/library as soon as it is added. */
export function withProject<Result>(action: (project: SubmoduleProject) => Promise<Result>): Promise<Result> {
  return inScratch(async (scratch) => {
    const [site, library] = [created(join(scratch, 'site')), created(join(scratch, 'library'))];
    site.write({ index: 'site' });
    library.write({ code: 'library' });
    library.commit();
    return action({ site, library, scratch });
  });
}

function created(path: string): GitRepository {
  execFileSync('git', ['init', '-q', '-b', 'main', path], { env: ENVIRONMENT });
  return repositoryAt(path);
}

export function add(superproject: GitRepository, submodule: GitRepository, path = 'vendor/library'): string {
  superproject.git(...ALLOW, 'submodule', 'add', '-q', `file://${submodule.path}`, path);
  return superproject.commit();
}

export function clone(from: GitRepository, path: string, ...options: readonly string[]): GitRepository {
  from.git(...ALLOW, 'clone', '-q', ...options, `file://${from.path}`, path);
  return repositoryAt(path);
}
