import { readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { engineHere, type Here, ledgerLine, linkTo, lockRecord, never } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import type { Fence, FinishRequest } from '../engine.ts';
import { shellEngine } from './index.ts';

const A = '20260101000001';
const B = '20260101000002';
const ID = '20260101000000000-deploy-x';
const DONE = '{"type":"step.done"}';
const CLOSED = '{"type":"closed"}';

const PRUNE = { releases: [A], records: [ledgerLine(B, 'succeeded')], ledger: null, nonce: 'n' };
const REQUEST: FinishRequest = { prune: PRUNE, journal: ID, closing: CLOSED };

/** Two releases, a transaction that is open, and what the script is to tell its journal. */
async function committed(): Promise<{ readonly here: Here; readonly fence: Fence }> {
  const here = await engineHere();
  for (const release of [A, B]) await here.build(release, { file: release });
  await here.activate(B, null);
  let pending = ['{"type":"step.begun"}'];
  const fence: Fence = {
    ...here.fence,
    journal: {
      lines: () => pending,
      delivered: (lines) => {
        pending = pending.slice(lines.length);
      },
      after: DONE,
      required: false,
    },
  };
  const opening = { ...fence.journal!, lines: () => ['{"type":"opened"}'], delivered: () => {}, after: null };
  await here.engine.note({ ...fence, journal: opening }, never);
  return { here, fence };
}

const linesOf = async (here: Here, name: string) =>
  (await readFile(here.at('.cutover/journals', name), 'utf8')).split('\n').filter((line) => line !== '');

const highest = async (here: Here) => {
  const names = (await readdir(here.at('.cutover/locks'))).filter((name) => name.startsWith('g-')).sort();
  return readlink(here.at('.cutover/locks', names.at(-1)!));
};

test('it prunes, closes the journal with all its lines, gives the lock back and reads current', async () => {
  const { here, fence } = await committed();
  expect(await here.engine.finish(fence, REQUEST, never)).toEqual({
    released: true,
    current: `releases/${B}`,
    inUse: [],
    pruneFailure: null,
    closeFailure: null,
  });
  expect((await here.see()).releases).toEqual([B]);
  expect(await readdir(here.at('.cutover/journals'))).toEqual([ID]);
  expect(await linesOf(here, ID)).toEqual(['{"type":"opened"}', '{"type":"step.begun"}', DONE, CLOSED]);
  expect(await highest(here)).toBe('released');
});

test('without anything to prune it closes and gives back', async () => {
  const { here, fence } = await committed();
  const end = await here.engine.finish(fence, { prune: null, journal: ID, closing: null }, never);
  expect(end).toMatchObject({ released: true, pruneFailure: null, closeFailure: null });
  expect((await here.see()).releases).toEqual([A, B]);
  expect(await linesOf(here, ID)).toContain('{"type":"step.begun"}');
});

test('an answer that was lost is asked for again, and nothing is undone or done twice', async () => {
  const { here, fence } = await committed();
  const transport = faultyTransport(localTransport(), { 1: 'after' });
  const engine = shellEngine(linkTo(transport), here.path);
  expect(await engine.finish(fence, REQUEST, never)).toMatchObject({
    released: true,
    current: `releases/${B}`,
    pruneFailure: null,
    closeFailure: null,
  });
  expect(transport.counts.execs).toBe(2);
  expect(await readdir(here.at('.cutover/journals'))).toEqual([ID]);
  expect(await linesOf(here, ID)).toHaveLength(4);
  expect(await readdir(here.at('.cutover/locks'))).toEqual(['g-000001', 'g-000002', 'of-g-000001']);
});

/** The same server with programs before the real ones. */
const withTools = async (here: Here, tools: Readonly<Record<string, string>>) =>
  shellEngine(linkTo(localTransport({ env: { ...process.env, PATH: await pathWith(tools) } })), here.path);

test('a prune that fails is told, is not called done, and keeps nothing behind it from being done', async () => {
  const { here, fence } = await committed();
  const mv =
    'case "$*" in *releases/*) echo "mv: cannot move: not today" >&2; exit 1 ;; esac\nexec /bin/mv "$@"';
  const engine = await withTools(here, { mv });
  const end = await engine.finish(fence, REQUEST, never);
  expect(end).toMatchObject({ released: true, current: `releases/${B}`, closeFailure: null });
  expect(end.pruneFailure).toMatchObject({
    code: 'E_REMOTE',
    message: 'web1: "prune" ended with exit status 1: mv: cannot move: not today.',
  });
  expect(await linesOf(here, ID)).toEqual(['{"type":"opened"}', '{"type":"step.begun"}', CLOSED]);
  expect((await here.see()).releases).toEqual([A, B]);
});

test('one that stops by itself has its own code', async () => {
  const { here, fence } = await committed();
  const prune = { ...PRUNE, releases: ['../shared'] };
  const end = await here.engine.finish(fence, { ...REQUEST, prune }, never);
  expect(end.pruneFailure).toMatchObject({
    code: 'E_BUG',
    message: 'web1: ../shared is not a release of ours',
  });
  expect(end.released).toBe(true);
});

test('a journal that cannot be closed is told, and the lock is given back', async () => {
  const { here, fence } = await committed();
  const mv =
    'case "$*" in *deploy-x*) echo "mv: No space left on device" >&2; exit 1 ;; esac\nexec /bin/mv "$@"';
  const engine = await withTools(here, { mv });
  const end = await engine.finish(fence, REQUEST, never);
  expect(end).toMatchObject({ released: true, pruneFailure: null });
  expect(end.closeFailure).toMatchObject({ code: 'E_DISK_FULL' });
  expect((await here.see()).releases).toEqual([B]);
  expect(await linesOf(here, 'open')).toContain(DONE);
});

test('whoever lost the lock ends nothing, also where it was lost in the middle', async () => {
  const { here, fence } = await committed();
  const thief = lockRecord('somebody else');
  const lock = here.at('.cutover/locks/g-000002');
  const mv = `/bin/mv "$@"\ncase "$*" in *releases/*) ln -s '${thief}' '${lock}' ;; esac`;
  const engine = await withTools(here, { mv });
  expect(await engine.finish(fence, REQUEST, never)).toMatchObject({
    released: false,
    closeFailure: {
      code: 'E_FENCED',
      message: 'web1: somebody else@here (process 1) took the lock over (g-000002)',
    },
  });
  expect(await readdir(here.at('.cutover/journals'))).toEqual(['open']);
  const before = await linesOf(here, 'open');
  await expect(here.engine.finish(fence, REQUEST, never)).rejects.toMatchObject({ code: 'E_FENCED' });
  expect(await linesOf(here, 'open')).toEqual(before);
  expect(await highest(here)).toBe(thief);
});

test('a journal of a later transaction is not taken for the end of this one', async () => {
  const { here, fence } = await committed();
  await here.engine.finish(fence, REQUEST, never);
  await symlink(lockRecord('next'), here.at('.cutover/locks/g-000003'));
  await writeFile(here.at('.cutover/journals/open'), '{"type":"opened"}\n');
  await expect(here.engine.finish(fence, REQUEST, never)).rejects.toMatchObject({ code: 'E_FENCED' });
  expect(await linesOf(here, 'open')).toEqual(['{"type":"opened"}']);
});
