import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Transport } from '../../contract/index.ts';
import { engineHere, type Here, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf, type Tree } from '../../testing/trees.ts';

const A = '20260101000001';
const B = '20260101000002';
const MIB = 1024 ** 2;

/** A line that counts what goes over it, and may end each upload early. */
function counting(inner: Transport) {
  const line = { uploads: [] as number[], cutAtBytes: [] as number[] };
  const transport: Transport = {
    address: inner.address,
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        exec: async (request) => {
          const { stdin } = request;
          if (typeof stdin !== 'object') return connection.exec!(request);
          const index = line.uploads.push(0) - 1;
          const cutAt = line.cutAtBytes[index] ?? Number.POSITIVE_INFINITY;
          async function* counted(chunks: AsyncIterable<Uint8Array>) {
            for await (const chunk of chunks) {
              const rest = chunk.subarray(0, cutAt - line.uploads[index]!);
              line.uploads[index]! += rest.length;
              yield rest;
              if (line.uploads[index]! >= cutAt) return;
            }
          }
          const result = await connection.exec!({ ...request, stdin: counted(stdin) });
          const isCut = line.uploads[index]! >= cutAt;
          return isCut ? { ...result, exit: { type: 'unknown', reason: 'the line was cut' } } : result;
        },
      };
    },
  };
  return { line, transport };
}

async function expectWhole(here: Here, tree: Tree): Promise<void> {
  const fresh = await engineHere();
  await fresh.sync(B, tree);
  expect(await listing(here.at('deploy-cache'))).toEqual(await listing(fresh.at('deploy-cache')));
  expect(await here.engine.leaks(never)).toEqual([]);
  expect(await readdir(here.at('.cutover', 'incoming'))).not.toContain(B);
}

/** The same bytes, but for some. */
function changed(content: Buffer, at: number, bytes: Buffer): Buffer {
  const copy = Buffer.from(content);
  bytes.copy(copy, at);
  return copy;
}

const CONTENT = randomBytes(20 * MIB + 12_345);

const EDITS: Readonly<Record<string, (old: Buffer) => Buffer>> = {
  'a megabyte in the middle': (old) => changed(old, 9.5 * MIB, randomBytes(MIB)),
  'the first byte': (old) => changed(old, 0, Buffer.from([old[0]! ^ 1])),
  'the last byte': (old) => changed(old, old.length - 1, Buffer.from([old.at(-1)! ^ 1])),
  'nothing but an end that is gone': (old) => old.subarray(0, 15 * MIB + 7),
  'an end that is new': (old) => Buffer.concat([old, randomBytes(2 * MIB)]),
};

test.for(Object.keys(EDITS))('of a large file only blocks are sent: %s', async (name) => {
  const { line, transport } = counting(localTransport());
  const here = await engineHere(transport);
  await here.build(A, { large: CONTENT, small: 'x' });
  const release = await listing(here.at('releases', A));
  const tree = { large: EDITS[name]!(CONTENT), small: 'x' };
  await here.sync(B, tree);
  expect(line.uploads).toHaveLength(2);
  expect(line.uploads[1]).toBeLessThan(3.2 * MIB);
  await expectWhole(here, tree);
  expect(await listing(here.at('releases', A))).toEqual(release);
});

test('what was written in place to the old version is found and replaced', async () => {
  const { line, transport } = counting(localTransport());
  const here = await engineHere(transport);
  await here.build(A, { large: CONTENT });
  await writeFile(here.at('deploy-cache', 'large'), changed(CONTENT, 3 * MIB, Buffer.from('somebody')));
  const tree = { large: EDITS['the last byte']!(CONTENT) };
  await here.sync(B, tree);
  expect(line.uploads[1]).toBeLessThan(3 * MIB);
  await expectWhole(here, tree);
});

test('a large file that is all different is sent whole', async () => {
  const { line, transport } = counting(localTransport());
  const here = await engineHere(transport);
  await here.build(A, { large: CONTENT });
  const other = randomBytes(40 * MIB);
  await here.sync(B, { large: other });
  expect(line.uploads[1]).toBeGreaterThan(40 * MIB);
  expect(line.uploads[1]).toBeLessThan(40.1 * MIB);
  await expectWhole(here, { large: other });
});

test('nearly half of a file may differ', async () => {
  const { line, transport } = counting(localTransport());
  const here = await engineHere(transport);
  const old = randomBytes(90 * MIB);
  await here.build(A, { large: old });
  const edited = changed(old, 50 * MIB, randomBytes(38 * MIB));
  await here.sync(B, { large: edited });
  expect(line.uploads[1]).toBeGreaterThan(38 * MIB);
  expect(line.uploads[1]).toBeLessThan(39.1 * MIB);
  await expectWhole(here, { large: edited });
});

test('an upload goes on in the middle of a large file, also of one whose blocks are sent', async () => {
  const { line, transport } = counting(localTransport());
  const here = await engineHere(transport);
  line.cutAtBytes = [12 * MIB, 5 * MIB];
  await here.sync(A, { large: CONTENT, 'z/small': 'x' });
  const [first, second, third] = line.uploads;
  expect([first, second]).toEqual([12 * MIB, 5 * MIB]);
  // Blocks are whole or not there: at most one is lost each time.
  expect(third).toBeLessThan(CONTENT.length - 12 * MIB - 5 * MIB + 3 * MIB);
  await expectWhole(here, { large: CONTENT, 'z/small': 'x' });
});

test.for([1, 2, 3, 4, 5, 6])('cut at any place, %d of 6, it ends the same', async (part) => {
  const { line, transport } = counting(localTransport());
  const here = await engineHere(transport);
  const before = { large: CONTENT, 'old/name': 'moved', gone: 'gone' };
  await here.build(A, before);
  const tree = { large: EDITS['a megabyte in the middle']!(CONTENT), 'new/name': 'moved', come: 'come' };
  // The script, two blocks, lists.
  line.cutAtBytes = [Number.POSITIVE_INFINITY, part * 340_000, part * 3000];
  await here.sync(B, tree);
  expect(line.uploads).toHaveLength(4);
  await expectWhole(here, tree);
});

const KILLED = [
  ['dd', 'count=0'],
  ['dd', 'conv=notrunc'],
  ['cp', 'whole'],
  ['mv', 'whole'],
  ['chmod', '644'],
  ['rm', '/blocks/'],
] as const;

test.for(KILLED)('killed in the middle of %s (%s) it can be run again', async ([tool, words]) => {
  const marker = join(await scratch(), 'killed');
  const real = `exec "$(PATH=/usr/bin:/bin command -v ${tool})" "$@"`;
  const text = `case "$*" in *${words}*) [ -e ${marker} ] || ${real} ;; *) ${real} ;; esac\n/bin/rm ${marker}; kill -9 $PPID; exit 137`;
  const env = { ...process.env, PATH: await pathWith({ [tool]: text }) };
  const { line, transport } = counting(localTransport({ env }));
  const here = await engineHere(transport);
  await here.build(A, { large: CONTENT });
  const tree = { large: EDITS['a megabyte in the middle']!(CONTENT) };
  const work = await workHere(here.engine, B, manifestOf(tree));
  const run = (isAgain: boolean) =>
    here.engine.sync(here.fence, syncRequest(B, work, tree, { isAgain }), never);
  execFileSync('touch', [marker]);
  await run(false).catch(() => {});
  await run(true);
  await expectWhole(here, tree);
  for (const bytes of line.uploads.slice(1)) expect(bytes).toBeLessThan(3.2 * MIB);
  await expect(access(marker)).rejects.toThrow();
});

test('where the server cannot tell what is in blocks the file is sent whole', async () => {
  const tools = { dd: 'exit 127' };
  const env = { ...process.env, PATH: await pathWith(tools) };
  const { line, transport } = counting(localTransport({ env }));
  const here = await engineHere(transport);
  await here.build(A, { large: CONTENT });
  const tree = { large: EDITS['the first byte']!(CONTENT) };
  await here.sync(B, tree);
  expect(line.uploads[1]).toBeGreaterThan(CONTENT.length);
  expect(tree.large.equals(await readFile(here.at('deploy-cache', 'large')))).toBe(true);
});
