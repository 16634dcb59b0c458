import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { knownBlocks, listBlocks } from '../../sync/knownBlocks.ts';
import type { Snapshot } from '../../sync/types.ts';
import { engineHere, type Here, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { tidied } from '../../testing/tidied.ts';
import { manifestOf, snapshotOf } from '../../testing/trees.ts';

const A = '20260101000001';
const B = '20260101000002';
const MIB = 1024 ** 2;
const OLD = randomBytes(20 * MIB + 12_345);
const NEW = Buffer.concat([OLD.subarray(0, 9.5 * MIB), randomBytes(MIB), OLD.subarray(10.5 * MIB)]);

/** Of a source that has read both versions; `sent`: what it is asked for, by path and how often. */
async function informed(content = NEW) {
  const known = knownBlocks(null);
  for (const each of [OLD, NEW]) await known.keep(await listBlocks(each.length, chunked(each)));
  const sent: string[] = [];
  const snapshot: Pick<Snapshot, 'read' | 'blocks'> = {
    read(entries, signal) {
      sent.push(...entries.map(({ path }) => path));
      return snapshotOf({ large: content }).read(entries, signal);
    },
    blocks: (name) => known.find(name),
  };
  return { snapshot, sent };
}

async function* chunked(content: Buffer) {
  for (let at = 0; at < content.length; at += 300_000) yield content.subarray(at, at + 300_000);
}

/** Programs that say in `log` what they were asked for. */
async function logging() {
  const log = join(await scratch(), 'log');
  await writeFile(log, '');
  const tell = (tool: string) =>
    `echo "${tool} $*" >>${log}; exec "$(PATH=/usr/bin:/bin command -v ${tool})" "$@"`;
  const tools = { dd: tell('dd'), sha256sum: tell('sha256sum') };
  const transport = localTransport({ env: { ...process.env, PATH: await pathWith(tools) } });
  return { transport, log: async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean) };
}

const asks = (line: string) => line.includes('skip=');
const proves = (line: string) => line.startsWith('sha256sum') && line.includes('./large');

async function sync(here: Here, snapshot: Pick<Snapshot, 'read' | 'range' | 'blocks'>): Promise<void> {
  const work = await workHere(here.engine, B, manifestOf({ large: NEW }));
  await here.engine.sync(here.fence, syncRequest(B, work, { large: NEW }, { snapshot }), never);
}

async function expectNew(here: Here): Promise<void> {
  expect(NEW.equals(await readFile(here.at('deploy-cache/large')))).toBe(true);
  const fresh = await engineHere();
  await fresh.sync(B, { large: NEW });
  expect(await listing(here.at('deploy-cache'))).toEqual(await listing(fresh.at('deploy-cache')));
}

/** A deployment has ended, and the next one has begun. */
async function deployed(before: (here: Here) => Promise<void> = async () => {}) {
  const here = await engineHere();
  await here.build(A, { large: OLD });
  await before(here);
  await here.engine.releaseLock(here.fence.generation, never);
  await tidied(here.path);
  const { transport, log } = await logging();
  return { here: await engineHere(transport, here.path), log };
}

/** As somebody who leaves no trace but the one that he cannot set. */
async function writeUnseen(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const content = await readFile(path);
  content[3 * MIB] = content[3 * MIB]! ^ 1;
  await writeFile(path, content);
  await utimes(path, atime, mtime);
}

test('a source that can be read in parts is', async () => {
  const here = await engineHere();
  await here.build(A, { large: OLD });
  const { snapshot, sent } = await informed();
  const read: number[] = [];
  const range: Snapshot['range'] = async (_, { start, sizeBytes }) => {
    read.push(start / MIB);
    return NEW.subarray(start, start + sizeBytes);
  };
  await sync(here, { ...snapshot, range });
  await expectNew(here);
  expect([read, sent]).toEqual([[9, 10], []]);
});

test('a server is not asked for blocks that are known here, and proves what it has made', async () => {
  const { transport, log } = await logging();
  const here = await engineHere(transport);
  await here.build(A, { large: OLD });
  const { snapshot, sent } = await informed();
  await sync(here, snapshot);
  await expectNew(here);
  const lines = await log();
  expect([lines.some(asks), lines.filter(proves).length, sent]).toEqual([false, 1, ['large']]);
});

test('a file that is not what it was believed to be is found out, and asked for', async () => {
  const { transport, log } = await logging();
  const here = await engineHere(transport);
  await here.build(A, { large: OLD });
  await writeUnseen(here.at('deploy-cache/large'));
  const { snapshot } = await informed();
  await sync(here, snapshot);
  await expectNew(here);
  const lines = await log();
  expect([lines.some(asks), lines.filter(proves).length]).toEqual([true, 2]);
});

test('what was proven behind the deployment before is not read again', async () => {
  const { here, log } = await deployed();
  const { snapshot } = await informed();
  await sync(here, snapshot);
  await expectNew(here);
  const lines = await log();
  expect([lines.some(asks), lines.some(proves)]).toEqual([false, false]);
});

const UNPROVEN: Readonly<Record<string, (here: Here) => Promise<void>>> = {
  'written in place': (here) => writeUnseen(here.at('deploy-cache/large')),
  'written in place through a release': (here) => writeUnseen(here.at('releases', A, 'large')),
  async 'replaced by a file that is as old'(here) {
    const [path, other] = [here.at('deploy-cache/large'), here.at('deploy-cache/other')];
    await rm(path);
    await rename(other, path);
  },
};

test.for(Object.keys(UNPROVEN))('a large file is read when it was %s since', async (name) => {
  const { here, log } = await deployed(async ({ at }) => {
    const other = Buffer.from(OLD);
    other[0] = other[0]! ^ 1;
    await writeFile(at('deploy-cache/other'), other);
    const { atime, mtime } = await stat(at('deploy-cache/large'));
    await utimes(at('deploy-cache/other'), atime, mtime);
  });
  await UNPROVEN[name]!(here);
  const { snapshot } = await informed();
  await sync(here, snapshot);
  expect(NEW.equals(await readFile(here.at('deploy-cache/large')))).toBe(true);
  expect((await log()).some(proves)).toBe(true);
});

test('what was written before it was proven is no proof of what it was believed to be', async () => {
  const { here, log } = await deployed(({ at }) => writeUnseen(at('deploy-cache/large')));
  const { snapshot } = await informed();
  await sync(here, snapshot);
  await expectNew(here);
  expect((await log()).some(proves)).toBe(true);
});

test('a link that is made since takes the proof away', async () => {
  const { here, log } = await deployed();
  await link(here.at('deploy-cache/large'), here.at('elsewhere'));
  const { snapshot } = await informed();
  await sync(here, snapshot);
  await expectNew(here);
  expect((await log()).some(proves)).toBe(true);
});

test.for([false, true])(
  'a source whose file changes after its blocks were hashed is refused, and the cache stays (read in parts: %s)',
  async (inParts) => {
    const { here } = await deployed();
    const other = Buffer.from(NEW);
    other[10 * MIB] = other[10 * MIB]! ^ 1;
    const { snapshot } = await informed(other);
    const range: Snapshot['range'] = async (_, { start, sizeBytes }) =>
      other.subarray(start, start + sizeBytes);
    await expect(sync(here, inParts ? { ...snapshot, range } : snapshot)).rejects.toMatchObject({
      code: 'E_SOURCE',
    });
    expect(OLD.equals(await readFile(here.at('deploy-cache/large')))).toBe(true);
  },
);
