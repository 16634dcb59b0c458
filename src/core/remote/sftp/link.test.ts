import { expect, test } from 'vitest';
import type { Sftp, Transport } from '../../contract/index.ts';
import {
  build,
  contents,
  contentsOf,
  ledgerLine,
  linkRequest,
  locked,
  never,
  placeHere,
  syncRequest,
} from '../../testing/conformancePlace.ts';
import { directoryTransport } from '../../testing/directorySftp.ts';
import { linkTo } from '../../testing/engineHere.ts';
import type { Tree } from '../../testing/trees.ts';
import { sftpEngine } from './index.ts';

const [A, B, C] = ['20260101000001', '20260101000002', '20260101000003'] as const;
const TREE: Tree = { 'd/one': '1', 'd/e/two': '2', 'f/three': '3', four: '4' };

/** The release A is kept aside: C begins with it. All directories that are listed from then on. */
async function withSpare() {
  const listed: string[] = [];
  const place = await placeHere((path) => sftpEngine(linkTo(listing(directoryTransport(), listed)), path));
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  await build(engine, fence, A, TREE);
  await build(engine, fence, B, { ...TREE, four: 'B' });
  const records = [ledgerLine(B, 'succeeded')];
  await engine.prune(fence, { releases: [A], records, ledger: null, nonce: 'p' }, never);
  const next: Tree = { ...TREE, four: 'C' };
  const link = async () => {
    const { work } = await syncRequest(engine, C, next);
    await engine.sync(fence, await syncRequest(engine, C, next), never);
    listed.length = 0;
    return engine.link(fence, linkRequest(C, work, { mode: 'hardlink' }), never);
  };
  return { place, engine, link, next, listed };
}

function listing(transport: Transport, listed: string[]): Transport {
  return {
    ...transport,
    async connect(...args) {
      const connection = await transport.connect(...args);
      const open = async (): Promise<Sftp> => {
        const sftp = (await connection.sftp?.()) as Sftp;
        return {
          ...sftp,
          list(path) {
            listed.push(path);
            return sftp.list(path);
          },
        };
      };
      return { ...connection, sftp: open };
    },
  };
}

test('a release that begins with another looks at no directory of the cache', async () => {
  const { place, link, next, listed } = await withSpare();
  await link();
  expect(await contents(place, `shop/releases/${C}`)).toEqual(contentsOf(next));
  expect(listed.some((path) => path.endsWith('/d/e'))).toBe(true);
  expect(listed.filter((path) => path.includes('/deploy-cache'))).toEqual([]);
});

test('what was written in place is seen in the release that it begins with', async () => {
  const { place, engine, link } = await withSpare();
  await place.sh(`echo more >>shop/releases/${B}/d/e/two`);
  await expect(link()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('were changed in place'),
  });
  expect(await engine.leaks(never)).toEqual([{ path: 'd/e/two', content: true }]);
});

test('what changed in the cache alone is seen when it is linked from there', async () => {
  const { place, link } = await withSpare();
  await place.sh(
    'cd shop/deploy-cache/f; rm three; echo other >three; rm ../../.cutover/trash/spare-*/f/three',
  );
  await expect(link()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('were changed in place'),
  });
});

test('what is gone from the cache cannot be linked', async () => {
  const { place, link } = await withSpare();
  await place.sh('rm shop/deploy-cache/f/three; rm shop/.cutover/trash/spare-*/f/three');
  await expect(link()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('deploy-cache/f/three is not what it should be'),
  });
});
