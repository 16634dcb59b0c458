/** The names on a server, relative to the deploy path. They are a contract: users know them. */
export const CURRENT = 'current';
export const RELEASES = 'releases';
export const SHARED = 'shared';
export const DEPLOY_CACHE = 'deploy-cache';
export const STATE = '.cutover';

/** The text of `current`: relative, so that it holds in a chroot, in a container and after a move. */
export function currentText(release: string): string {
  return `${RELEASES}/${release}`;
}

/** The release that the text of a `current` link names, or null when it leads elsewhere. Absolute texts are understood. */
export function releaseOf(text: string, deployPaths: readonly string[]): string | null {
  const clean = text.replace(/\/+$/, '').replace(/^(\.\/+)+/, '');
  const prefix = [
    `${RELEASES}/`,
    ...deployPaths.map((path) => `${path.replace(/\/+$/, '')}/${RELEASES}/`),
  ].find((each) => clean.startsWith(each));
  const name = prefix === undefined ? '' : clean.slice(prefix.length);
  return name === '' || name.includes('/') || name === '.' || name === '..' ? null : name;
}

/** The text of the link at `path` in a release, leading to the same path below `shared/`. */
export function sharedLinkText(path: string): string {
  const depth = path.split('/').length;
  return `${'../'.repeat(depth + 1)}${SHARED}/${path}`;
}

export function releasePath(deployPath: string, release: string): string {
  return `${deployPath}/${RELEASES}/${release}`;
}

export function currentPath(deployPath: string): string {
  return `${deployPath}/${CURRENT}`;
}

export function sharedPath(deployPath: string): string {
  return `${deployPath}/${SHARED}`;
}
