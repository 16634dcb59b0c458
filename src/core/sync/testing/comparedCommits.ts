import { expect } from 'vitest';
import type { TreeChanges } from '../changes.ts';
import { canonicalOrder } from '../order.ts';
import { openSource } from '../source.ts';
import type { Manifest } from '../types.ts';
import type { GitRepository } from './gitRepository.ts';
import { never } from './observe.ts';

export interface Rules {
  readonly subdirectory?: string | null;
  readonly exclude?: readonly string[];
}

export function snapshotAt(path: string, ref: string, { subdirectory = null, exclude = [] }: Rules = {}) {
  const source = openSource({ type: 'git', repository: path, subdirectory, exclude });
  return source.snapshot({ ref, signal: never });
}

/** What the changes make of the old manifest; every one of them must be one. */
function applied(old: Manifest, { put, gone }: TreeChanges): Manifest {
  const tree = new Map(old.map((entry) => [entry.path, entry]));
  for (const { path, kind } of gone) {
    expect(tree.get(path)?.kind, path).toBe(kind);
    tree.delete(path);
  }
  for (const { entry, was } of put) {
    expect(tree.get(entry.path)?.kind ?? null, entry.path).toBe(was);
    expect(tree.get(entry.path)).not.toEqual(entry);
    tree.set(entry.path, entry);
  }
  return canonicalOrder(tree.values());
}

/** The new entries. */
export function putIn({ put }: TreeChanges): Manifest {
  return put.map(({ entry }) => entry);
}

const bytesOf = (tree: Manifest) =>
  tree.reduce((sum, { kind, sizeBytes }) => sum + (kind === 'file' ? sizeBytes : 0), 0);

function expectExact(old: Manifest, wanted: Manifest, changes: TreeChanges): void {
  expect(applied(old, changes)).toEqual(wanted);
  expect(changes.bytesDelta).toBe(bytesOf(wanted) - bytesOf(old));
  const touched = [...changes.put.map(({ entry }) => entry.path), ...changes.gone.map(({ path }) => path)];
  const above = old.filter(
    ({ kind, path }) => kind === 'directory' && touched.some((each) => each.startsWith(`${path}/`)),
  );
  expect(changes.above).toEqual(above.map(({ path }) => path));
  expect(changes.put.map(({ entry }) => entry.path)).toEqual(
    canonicalOrder(changes.put.map(({ entry }) => entry)).map(({ path }) => path),
  );
  expect(changes.gone).toEqual(canonicalOrder(changes.gone));
  const before = new Map(old.map((entry) => [entry.path, entry]));
  for (const { path, hash, sizeBytes } of changes.held) {
    expect(touched).toContain(path);
    expect(before.get(path)).toMatchObject({ kind: 'file', hash, sizeBytes });
  }
}

/** The changes are exactly what the whole manifests say; null when they are not known. */
export async function compare(path: string, old: string, wanted: string, rules: Rules = {}) {
  const [before, after] = [await snapshotAt(path, old, rules), await snapshotAt(path, wanted, rules)];
  const changes = await after.changesSince(before.state, never);
  if (changes !== null) {
    expectExact(
      await before.manifest(never),
      await (await snapshotAt(path, wanted, rules)).manifest(never),
      changes,
    );
  }
  return { before, after, changes };
}

type Files = Parameters<GitRepository['write']>[0];

/** Two commits, of these files each, compared. */
export async function compareFiles(
  repository: GitRepository,
  before: Files,
  after: Files,
  rules: Rules = {},
) {
  repository.write(before);
  const old = repository.commit();
  repository.git('rm', '-rfq', '.');
  repository.write(after);
  return compare(repository.path, old, repository.commit(), rules);
}
