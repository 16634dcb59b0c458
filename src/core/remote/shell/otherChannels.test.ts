import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Connection, ExecRequest, Transport } from '../../contract/index.ts';
import { CutoverError } from '../../contract/index.ts';
import { engineHere, linkTo, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { manifestOf, snapshotOf, type Tree } from '../../testing/trees.ts';
import { shellEngine } from './index.ts';
import { renderUploadScript } from './uploadScript.ts';

const A = '20260101000001';
const MIB = 1024 ** 2;
const TOOLS = new Set(['cp', 'dd', 'xargs', 'sha256sum']);

const tree: Tree = {
  ...Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => [`dir/${index % 5}/${index}`, randomBytes(MIB)]),
  ),
  'large.bin': randomBytes(20 * MIB + 7),
  'empty/directory': null,
  link: { to: 'large.bin' },
};

type Exec = NonNullable<Connection['exec']>;

/**
 * A server far away: what goes through its upload channels, numbered from 0, can be meddled with. `others`: the first
 * channel goes on only when the second one has brought something.
 */
async function farAway(
  meddle: (index: number, request: ExecRequest, exec: Exec) => ReturnType<Exec>,
  { others = true } = {},
) {
  const inner = localTransport();
  const uploads = { count: 0, bytes: [] as number[] };
  const transport: Transport = {
    ...inner,
    async connect(scope) {
      const connection = await inner.connect(scope);
      const exec: Exec = (request) => {
        if (request.argv.join() !== renderUploadScript().join()) return connection.exec!(request);
        const index = uploads.count++;
        return meddle(index, { ...request, stdin: counted(request, index) }, connection.exec!);
      };
      return { ...connection, exec };
    },
  };
  const second = Promise.withResolvers<void>();
  if (!others) second.resolve();
  async function* counted({ stdin }: ExecRequest, index: number) {
    uploads.bytes[index] = 0;
    for await (const piece of stdin as AsyncIterable<Uint8Array>) {
      uploads.bytes[index]! += piece.length;
      if (index > 0 && uploads.bytes[index]! >= MIB) second.resolve();
      if (index === 0 && uploads.bytes[index]! > 10 * MIB) await second.promise;
      yield piece;
    }
  }
  const here = await engineHere();
  const link = { ...linkTo(transport), roundTripMs: () => 2_000 };
  const engine = shellEngine(link, here.path);
  const sync = async (options: Parameters<typeof syncRequest>[3] = {}) => {
    const work = await workHere(here.engine, A, manifestOf(tree));
    await engine.sync(here.fence, syncRequest(A, work, tree, { tools: TOOLS, ...options }), never);
  };
  return { ...here, sync, uploads };
}

const asItIs = (_: number, request: ExecRequest, exec: Exec) => exec(request);

async function expectWhole({ at, engine }: Awaited<ReturnType<typeof farAway>>): Promise<void> {
  const alone = await engineHere();
  await alone.sync(A, tree);
  expect(await listing(at('deploy-cache'))).toEqual(await listing(alone.at('deploy-cache')));
  expect((await readFile(at('deploy-cache', 'large.bin'))).equals(tree['large.bin'] as Buffer)).toBe(true);
  expect((await engine.observe([], never)).cache.pending).toBe(false);
  expect(await listing(at('.cutover', 'incoming'))).toHaveLength(1);
}

test('a far server gets the same through several channels', async () => {
  const far = await farAway(asItIs);
  await far.sync();
  expect(far.uploads.count).toBeGreaterThan(1);
  expect(far.uploads.bytes.filter((bytes) => bytes >= MIB).length).toBeGreaterThan(1);
  await expectWhole(far);
});

test('where no other channel is to be had, one does it', async () => {
  const refuse = () => Promise.reject(new CutoverError('E_CAPABILITY', 'No more channels.'));
  const far = await farAway((index, request, exec) => (index === 0 ? exec(request) : refuse()), {
    others: false,
  });
  await far.sync();
  expect(far.uploads.count).toBeGreaterThan(1);
  await expectWhole(far);
});

test('who waits for a channel until the end is given up', async () => {
  const wait = ({ signal }: ExecRequest) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const far = await farAway((index, request, exec) => (index === 0 ? exec(request) : wait(request)), {
    others: false,
  });
  await far.sync();
  expect(far.uploads.count).toBeGreaterThan(1);
  await expectWhole(far);
});

/** The line of one channel ends after so many bytes. */
async function* upTo(content: ExecRequest['stdin'], bytes: number, cut: () => void) {
  let left = bytes;
  for await (const piece of content as AsyncIterable<Uint8Array>) {
    yield piece;
    left -= piece.length;
    if (left <= 0) return cut();
  }
}

test.for([0, 1])('what has arrived is not sent again when channel %d dies in the middle', async (dies) => {
  let died = false;
  const far = await farAway(async (index, request, exec) => {
    if (index !== dies) return exec(request);
    const cut = () => {
      died = true;
    };
    const { stdout, stderr } = await exec({
      ...request,
      stdin: upTo(request.stdin, (index === 0 ? 9 : 1) * MIB, cut),
    });
    return { exit: { type: 'unknown', reason: 'the channel closed' }, stdout, stderr };
  });
  const read: string[] = [];
  const snapshot: Pick<ReturnType<typeof snapshotOf>, 'read'> = {
    read(entries, signal) {
      read.push(...entries.map(({ path }) => path));
      return snapshotOf(tree).read(entries, signal);
    },
  };
  await far.sync({ snapshot });
  expect(died).toBe(true);
  const again = read.filter((path, index) => path.startsWith('dir/') && read.indexOf(path) !== index);
  // Of 24. How much was on its way when it died differs.
  expect(again.length).toBeLessThan(20);
  await expectWhole(far);
});

test('a part that lacks its end is not taken for whole', async () => {
  const far = await farAway((index, request, exec) =>
    exec(index === 1 ? { ...request, stdin: upTo(request.stdin, MIB, () => {}) } : request),
  );
  await expect(far.sync()).rejects.toMatchObject({ code: 'E_REMOTE' });
  expect((await far.engine.observe([], never)).cache.head).toBe(null);
});

test('a source that fails ends all of them, and is what is told', async () => {
  const far = await farAway(asItIs);
  let bytes = 0;
  const snapshot: Pick<ReturnType<typeof snapshotOf>, 'read'> = {
    async *read(entries, signal) {
      for await (const file of snapshotOf(tree).read(entries, signal)) {
        bytes += file.entry.sizeBytes;
        if (bytes > 15 * MIB) throw new CutoverError('E_SOURCE', 'It changed.');
        yield file;
      }
    },
  };
  await expect(far.sync({ snapshot })).rejects.toMatchObject({ code: 'E_SOURCE' });
  expect(far.uploads.count).toBeGreaterThan(1);
  expect((await far.engine.observe([], never)).cache.head).toBe(null);
});
