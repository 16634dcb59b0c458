import { once } from 'node:events';
import { watch } from 'node:fs';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packRepair } from '../../sync/repairArchive.ts';
import { cachedAt } from '../../sync/testing/entries.ts';
import type { Snapshot } from '../../sync/types.ts';
import {
  engineHere,
  type Here,
  ledgerLine,
  lockRecord,
  never,
  syncRequest,
  workHere,
} from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf, snapshotOf } from '../../testing/trees.ts';
import type { CommandRequest } from '../engine.ts';

const A = '20260101000001';
const B = '20260101000002';
const C = '20260101000003';

const command: CommandRequest = {
  id: 'one',
  run: 'touch made-by-a-command',
  directory: '/',
  variables: {},
  timeoutMs: null,
  idleTimeoutMs: null,
  onLine: () => {},
};

const CHANGES: Readonly<Record<string, (here: Here) => Promise<unknown>>> = {
  prepare: (here) => here.engine.prepare(here.fence, never),
  sync: async (here) => {
    const tree = { file: 'three' };
    const work = await workHere(here.engine, C, manifestOf(tree), true);
    await here.engine.sync(here.fence, syncRequest(C, work, tree), never);
  },
  link: (here) =>
    here.engine.link(
      here.fence,
      {
        release: C,
        sharedDirectories: ['new'],
        sharedFiles: [],
        entries: 1,
        mode: 'auto',
        verify: true,
        commandsFollow: false,
        unshared: [],
        ready: ledgerLine(C, 'ready'),
      },
      never,
    ),
  repair: (here) => {
    const send = cachedAt(1, manifestOf({ file: 'three' }));
    const snapshot = snapshotOf({ file: 'three' });
    const archive = () => packRepair({ release: B, send, copy: [], snapshot, signal: never });
    return here.engine.repair(here.fence, { release: B, otherReleases: true, archive }, never);
  },
  activate: (here) => here.activate(A, `releases/${B}`),
  revert: (here) =>
    here.engine.revert(
      here.fence,
      {
        release: B,
        previous: `releases/${A}`,
        previousMustExist: true,
        discard: true,
        record: ledgerLine(B, 'failed'),
        nonce: 'n.n',
      },
      never,
    ),
  prune: (here) =>
    here.engine.prune(
      here.fence,
      { releases: [A], ledger: null, records: [ledgerLine(B, 'succeeded')], nonce: 'n' },
      never,
    ),
  finish: (here) =>
    here.engine.finish(
      here.fence,
      {
        prune: { releases: [A], ledger: null, records: [ledgerLine(B, 'succeeded')], nonce: 'n' },
        journal: '20260101000000000-deploy-x',
        closing: null,
      },
      never,
    ),
  command: (here) => here.engine.command(here.fence, { ...command, directory: here.path }, never),
};

test.for(Object.keys(CHANGES))('whoever lost the lock changes nothing any more: %s', async (name) => {
  const here = await engineHere();
  await here.build(A, { file: 'one' });
  await here.build(B, { file: 'two' });
  await here.activate(B, null);
  await symlink(lockRecord('somebody else'), here.at('.cutover/locks/g-000002'));
  const before = await listing(here.path, 'trace');
  await expect(CHANGES[name]!(here)).rejects.toMatchObject({
    code: 'E_FENCED',
    message: 'web1: somebody else@here (process 1) took the lock over (g-000002)',
  });
  expect(await listing(here.path, 'trace')).toEqual(before);
});

test('whoever lost it to somebody who is done by now reads that', async () => {
  const here = await engineHere();
  await here.engine.releaseLock(here.fence.generation, never);
  await expect(here.engine.beat(here.fence, never)).rejects.toMatchObject({
    code: 'E_FENCED',
    message: 'web1: somebody took the lock over, and has released it (g-000002)',
  });
});

test.for(Object.keys(CHANGES))('a generation with another record is not ours either: %s', async (name) => {
  const here = await engineHere();
  await here.build(A, { file: 'one' });
  const other = { ...here, fence: { ...here.fence, record: lockRecord('before a restore') } };
  const activate = () =>
    here.engine.activate(other.fence, { release: A, expected: null, method: 'mv', active: null }, never);
  const before = await listing(here.path, 'trace');
  await expect(name === 'activate' ? activate() : CHANGES[name]!(other)).rejects.toMatchObject({
    code: 'E_FENCED',
  });
  expect(await listing(here.path, 'trace')).toEqual(before);
});

test('the record is read from the file beside the link, and from the link where that is gone or another one', async () => {
  const log = join(await scratch(), 'log');
  const readlink = `echo read >>${log}; exec /bin/readlink "$@"`;
  const PATH = await pathWith({ readlink });
  const here = await engineHere(localTransport({ env: { ...process.env, PATH } }));
  await writeFile(log, '');
  await here.engine.note(here.fence, never);
  expect(await readFile(log, 'utf8')).toBe('');
  const file = here.at('.cutover/locks', `of-${here.fence.generation}`);
  for (const change of [() => rm(file), () => writeFile(file, 'of somebody else\n')]) {
    await change();
    await here.engine.note(here.fence, never);
  }
  expect(await readFile(log, 'utf8')).toBe('read\nread\n');
});

test('a lock that is lost during the upload leaves the cache as it is', async () => {
  const here = await engineHere();
  await here.build(A, { file: 'one' });
  const before = await listing(here.at('deploy-cache'), 'trace');
  const tree = { file: 'two' };
  const work = await workHere(here.engine, B, manifestOf(tree));
  const watcher = watch(here.at('.cutover/incoming'));
  onTestFinished(() => watcher.close());
  const unpacking = once(watcher, 'change');
  const snapshot: Pick<Snapshot, 'read'> = {
    async *read(...asked) {
      await unpacking;
      await symlink(lockRecord('somebody else'), here.at('.cutover/locks/g-000002'));
      yield* snapshotOf(tree).read(...asked);
    },
  };
  await expect(
    here.engine.sync(here.fence, syncRequest(B, work, tree, { snapshot }), never),
  ).rejects.toMatchObject({ code: 'E_FENCED' });
  expect(await listing(here.at('deploy-cache'), 'trace')).toEqual(before);
  expect((await here.see()).cache.pending).toBe(false);
});
