import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../../core/config/document.ts';
import { messageOf } from '../../../core/contract/index.ts';

/** A package that was installed or linked, as its files describe it. Nothing of it has run. */
export interface InstalledPackage {
  readonly name: string;
  /** Null where its package.json cannot be read. */
  readonly version: string | null;
  readonly type: 'user' | 'link';
  /** Where it came from when it is not a registry: a directory, or the address of a tarball or of git. */
  readonly origin?: 'link' | 'address';
  /** Only where `origin` says so. */
  readonly address?: string;
  /** Its directory. */
  readonly root: string;
  /** What its package.json says; nothing where that cannot be read. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Why it cannot be used; null where nothing is known against it. */
  readonly problem: string | null;
}

/** All of them, in the order in which they came, from what oclif's plugin commands keep. Empty where nothing ever did. */
export async function installedPackages(dataDirectory: string): Promise<readonly InstalledPackage[]> {
  const listed = await listedIn(join(dataDirectory, 'package.json'));
  return Promise.all(listed.map((entry) => packageOf(dataDirectory, entry)));
}

/** Those that were asked for as npm is: by `NAME`, `NAME@VERSION` or an address. */
export function cameBy(
  targets: readonly string[],
  packages: readonly InstalledPackage[],
): readonly InstalledPackage[] {
  return packages.filter(({ name, address }) =>
    targets.some((each) =>
      address === undefined ? each.replace(/(?<!^)@.*$/, '') === name : address.endsWith(each),
    ),
  );
}

interface Listed extends Pick<InstalledPackage, 'name' | 'type' | 'origin' | 'address'> {
  readonly root: string | null;
}

async function listedIn(file: string): Promise<readonly Listed[]> {
  const content = await readJson(file).catch(() => null);
  const plugins = isObject(content?.oclif) ? content.oclif.plugins : [];
  if (!Array.isArray(plugins)) return [];
  return plugins.flatMap((entry: unknown): readonly Listed[] => {
    if (!isObject(entry) || typeof entry.name !== 'string') return [];
    const root = typeof entry.root === 'string' ? entry.root : null;
    if (entry.type === 'link') return [{ name: entry.name, type: 'link', origin: 'link', root }];
    const origin = typeof entry.url === 'string' ? { origin: 'address' as const, address: entry.url } : {};
    return [{ name: entry.name, type: 'user', ...origin, root }];
  });
}

async function packageOf(dataDirectory: string, { root, ...listed }: Listed): Promise<InstalledPackage> {
  const found = root ?? join(dataDirectory, 'node_modules', ...listed.name.split('/'));
  try {
    const manifest = await readJson(join(found, 'package.json'));
    const version = typeof manifest.version === 'string' ? manifest.version : '0.0.0';
    return { ...listed, version, root: found, manifest, problem: null };
  } catch (error) {
    return { ...listed, version: null, root: found, manifest: {}, problem: messageOf(error) };
  }
}

/** Rejects with what is wrong, without the place, which is said by whoever asks. */
export async function readJson(file: string): Promise<Readonly<Record<string, unknown>>> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (isObject(content)) return content;
  throw new Error(`${file} holds no object`);
}
