import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { engineHere, ledgerLine, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { scratch } from '../../testing/scratch.ts';

const A = '20260101000001';
const B = '20260101000002';
const C = '20260101000003';

async function withReleases() {
  const here = await engineHere();
  for (const release of [A, B, C]) await here.build(release, { file: release });
  await here.activate(B, null);
  const prune = (releases: readonly string[], records: readonly string[] = []) =>
    here.engine.prune(here.fence, { releases, records, nonce: 'n' }, never);
  return { here, prune };
}

test('what is asked for goes, and the ledger is told first', async () => {
  const { here, prune } = await withReleases();
  for (let time = 0; time < 2; time++) {
    await prune([A], [ledgerLine(B, 'succeeded')]);
    expect((await here.see()).releases).toEqual([B, C]);
    const lines = (await readFile(here.at('.cutover', 'ledger'), 'utf8')).trim().split('\n');
    expect(lines.filter((line) => line.includes('succeeded'))).toEqual([ledgerLine(B, 'succeeded')]);
  }
  expect(await listing(here.at('.cutover', 'trash'))).toHaveLength(1);
});

test('what is live stays, whatever was asked', async () => {
  const { here, prune } = await withReleases();
  await prune([A, B, C]);
  expect(await here.see()).toMatchObject({
    releases: [B],
    current: { text: `releases/${B}`, dangling: false },
  });
});

test.for(['initial', '../shared', '.', '', `${A}/file`])(
  'the name %j is no release of ours',
  async (name) => {
    const { here, prune } = await withReleases();
    await mkdir(here.at('releases', 'initial'));
    const before = await listing(here.path);
    await expect(prune([name])).rejects.toMatchObject({ code: 'E_BUG' });
    expect(await listing(here.path)).toEqual(before);
  },
);

test('a link among the releases stays, and so does what it leads to', async () => {
  const { here, prune } = await withReleases();
  const outside = await scratch();
  await writeFile(`${outside}/precious`, 'x');
  await symlink(outside, here.at('releases', '20250101000000'));
  await prune(['20250101000000', '20240101000000']);
  expect(await listing(here.at('releases'))).toContain(`./20250101000000 link -> ${outside}`);
  expect(await listing(outside)).toHaveLength(2);
});

test('what a removal that was cut short left in the trash is swept', async () => {
  const { here, prune } = await withReleases();
  await mkdir(here.at('.cutover', 'trash', `${A}.older-run`, 'half'), { recursive: true });
  await prune([]);
  expect(await listing(here.at('.cutover', 'trash'))).toEqual(['. directory 700']);
});

test('a trash that leads elsewhere is refused, and nothing there is removed', async () => {
  const { here, prune } = await withReleases();
  const outside = await scratch();
  await mkdir(`${outside}/not.ours`);
  const { rmdir } = await import('node:fs/promises');
  await rmdir(here.at('.cutover', 'trash'));
  await symlink(outside, here.at('.cutover', 'trash'));
  await expect(prune([])).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(await listing(outside)).toHaveLength(2);
});
