import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ExecRequest, Transport } from '../contract/index.ts';
import { isKeptOpen } from '../testing/eachScript.ts';
import { createWorld, type World } from './testing/world.ts';

const FILES = 8;
const FILE_BYTES = 300_000;
const NOTHING = new Uint8Array();

/** Lets the first uploads through only so far, then breaks the line; counts the bytes of each. */
function cutting(plain: Transport, cuts: readonly number[], sent: number[]): Transport {
  return {
    ...plain,
    async connect(scope) {
      const connection = await plain.connect(scope);
      const exec = connection.exec!;
      return {
        ...connection,
        async exec(request) {
          const { stdin } = request;
          if (typeof stdin !== 'object' || isKeptOpen(request)) return exec(request);
          const index = sent.push(0) - 1;
          const result = await exec({
            ...request,
            stdin: upTo(stdin, cuts[index] ?? Number.POSITIVE_INFINITY, (bytes) => (sent[index]! += bytes)),
          });
          if (cuts[index] === undefined) return result;
          return { exit: { type: 'unknown', reason: 'cut for a test' }, stdout: NOTHING, stderr: NOTHING };
        },
      };
    },
  };
}

async function* upTo(
  stdin: Exclude<ExecRequest['stdin'], string | undefined>,
  limit: number,
  count: (bytes: number) => void,
) {
  let left = limit;
  for await (const chunk of stdin) {
    const part = chunk.subarray(0, left);
    left -= part.length;
    count(part.length);
    yield part;
    if (left <= 0) return;
  }
}

const tree = (mark: string) =>
  Object.fromEntries(
    Array.from({ length: FILES }, (_, index) => [
      `dir/file ${index}`,
      `${mark}${index}`.repeat(FILE_BYTES / 2),
    ]),
  );

async function served(world: World): Promise<Record<string, string>> {
  const names = await readdir(world.at('web1', 'current', 'dir'));
  const pairs = names.map(async (name) => [
    `dir/${name}`,
    await readFile(world.at('web1', 'current', 'dir', name), 'utf8'),
  ]);
  return Object.fromEntries(await Promise.all(pairs));
}

test('an upload that is cut twice goes on with what is missing', async () => {
  const sent: number[] = [];
  const world = await createWorld({
    servers: ['web1'],
    transport: (_, plain) => cutting(plain, [1_000_000, 500_000], sent),
  });
  await world.write(tree('a'));
  expect((await world.deploy()).outcome).toBe('committed');
  expect(sent).toHaveLength(3);
  // Of 2.4 MB some 1.5 MB had come; at most two files were cut in the middle.
  expect(sent[2]).toBeLessThan(FILES * FILE_BYTES - 1_500_000 + 3 * FILE_BYTES);
  expect(await served(world)).toEqual(tree('a'));
  expect((await world.deploy()).outcome).toBe('unchanged');
});
