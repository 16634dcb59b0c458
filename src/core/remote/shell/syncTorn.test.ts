import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { editedUpload, type UploadEdit } from '../../testing/editedUpload.ts';
import { engineHere, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { manifestOf, type Tree } from '../../testing/trees.ts';

const A = '20260101000001';
const B = '20260101000002';

/** A server that gets what is sent in another form. */
async function editedHere() {
  const transport = editedUpload(localTransport());
  const here = await engineHere(transport);
  const send = async (tree: Tree, edit: UploadEdit): Promise<void> => {
    transport.edit = edit;
    await here.sync(B, tree).finally(() => {
      transport.edit = null;
    });
  };
  return { ...here, send, transport };
}

test.for([1, 1100, 1600, 3500])(
  'an archive that lacks its last %d bytes leaves the cache as it is',
  async (bytesShort) => {
    const here = await editedHere();
    await here.sync(A, { file: 'one', other: 'x' });
    const cache = await listing(here.at('deploy-cache'), 'trace');
    const manifest = await readFile(here.at('.cutover', 'cache'));
    const torn = here.send({ file: 'two' }, (bytes) => bytes.subarray(0, -1024 - bytesShort));
    await expect(torn).rejects.toMatchObject({ code: 'E_REMOTE' });
    expect(await listing(here.at('deploy-cache'), 'trace')).toEqual(cache);
    expect(await readFile(here.at('.cutover', 'cache'))).toEqual(manifest);
    expect((await here.see()).cache.pending).toBe(false);
  },
);

test.for(['zstd', 'gzip'])(
  '%s: an upload that is compressed is whole, or leaves the cache as it is',
  async (tool) => {
    const here = await editedHere();
    const tree = { file: 'one', long: 'It was the best of times. '.repeat(4000) };
    const tools = new Set([tool]);
    const sync = async (wanted: Tree) => {
      const work = await workHere(here.engine, B, manifestOf(wanted));
      await here.engine.sync(here.fence, syncRequest(B, work, wanted, { tools }), never);
    };
    await sync(tree);
    expect(await readFile(here.at('deploy-cache', 'long'), 'utf8')).toBe(tree.long);
    const before = await listing(here.at('deploy-cache'), 'trace');
    const lengths: number[] = [];
    for (const part of [0.1, 0.5, 0.9]) {
      here.transport.edit = (bytes) => {
        lengths.push(bytes.length);
        return bytes.subarray(0, bytes.length * part);
      };
      await expect(sync({ ...tree, long: tree.long.toUpperCase() })).rejects.toMatchObject({
        code: 'E_REMOTE',
      });
    }
    expect(Math.max(...lengths)).toBeLessThan(10_000);
    expect(await listing(here.at('deploy-cache'), 'trace')).toEqual(before);
  },
);

test('an archive cut off between two entries, which tar takes for whole, is not taken for whole', async () => {
  const here = await editedHere();
  await here.sync(A, { file: 'one' });
  const torn = here.send({ file: 'two' }, (bytes) => {
    const mark = bytes.indexOf('./complete\0');
    return Buffer.concat([bytes.subarray(0, mark), Buffer.alloc(1024)]);
  });
  await expect(torn).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringContaining('the upload ended early'),
  });
  expect(await readFile(here.at('deploy-cache', 'file'), 'utf8')).toBe('one');
});
