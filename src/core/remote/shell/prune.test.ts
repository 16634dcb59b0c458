import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
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
  const prune = (
    releases: readonly string[],
    records: readonly string[] = [],
    ledger: readonly string[] | null = null,
  ) => here.engine.prune(here.fence, { releases, records, ledger, nonce: 'n' }, never);
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
  expect(await readdir(here.at('.cutover', 'trash'))).toEqual([`${A}.n`]);
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

test('where the ledger takes no line, what goes is removed at once, to make room for it', async () => {
  const { here, prune } = await withReleases();
  await rm(here.at('.cutover', 'ledger'));
  await symlink('trash/20260101000001.n/full', here.at('.cutover', 'ledger'));
  await mkdir(here.at('releases', A, 'full'));
  await expect(prune([A], [ledgerLine(B, 'succeeded')])).rejects.toMatchObject({ code: 'E_REMOTE' });
  expect(await listing(here.at('.cutover', 'trash'))).toEqual(['. directory 700']);
});

test('what a process works in or runs stays and is named, until a later prune', async () => {
  const { here, prune } = await withReleases();
  const directory = here.at('releases', A, 'deep down');
  await mkdir(directory);
  await copyFile('/bin/sleep', here.at('releases', C, 'a worker'));
  const working = await started('/bin/sleep', directory);
  const running = await started(here.at('releases', C, 'a worker'), '/');
  const inUse = [
    { release: A, process: working.pid, name: 'sleep' },
    { release: C, process: running.pid, name: 'a worker' },
  ];
  expect(await prune([A, C])).toEqual({ inUse });
  expect((await here.see()).releases).toEqual([A, B, C]);

  await working.end();
  expect(await prune([A, C])).toEqual({ inUse: inUse.slice(1) });
  await running.end();
  expect(await prune([A, C])).toEqual({ inUse: [] });
  expect((await here.see()).releases).toEqual([B]);
});

test('a process in a release whose name only begins the same is none', async () => {
  const { here, prune } = await withReleases();
  await mkdir(here.at('releases', `${A}-copy`));
  await started('/bin/sleep', here.at('releases', `${A}-copy`));
  expect(await prune([A])).toEqual({ inUse: [] });
});

test('a ledger that replaces the one that is there comes in one rename, for its owner alone', async () => {
  const { here, prune } = await withReleases();
  await link(here.at('.cutover', 'ledger'), here.at('.cutover', 'as it was'));
  const before = await readFile(here.at('.cutover', 'ledger'), 'utf8');
  const lines = [ledgerLine(B, 'active'), ledgerLine(B, 'succeeded')];
  for (let time = 0; time < 2; time++) await prune([], lines.slice(1), lines);
  expect(await readFile(here.at('.cutover', 'ledger'), 'utf8')).toBe(`${lines.join('\n')}\n`);
  expect(await readFile(here.at('.cutover', 'as it was'), 'utf8')).toBe(`${before}${lines[1]}\n`);
  expect((await stat(here.at('.cutover', 'ledger'))).mode & 0o777).toBe(0o600);
  expect(await readdir(here.at('.cutover', 'tmp'))).not.toContain('ledger');
});

test('a ledger that cannot be written keeps nothing from being removed, and that is said', async () => {
  const { here, prune } = await withReleases();
  await rm(here.at('.cutover', 'ledger'));
  await mkdir(here.at('.cutover', 'ledger'));
  await expect(prune([A], [ledgerLine(B, 'succeeded')])).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringMatching(/"prune" ended with .*\.cutover\/ledger/),
  });
  expect((await here.see()).releases).toEqual([B, C]);
});

/** A process of this machine that does nothing until it is ended, or the test is. */
async function started(program: string, cwd: string) {
  const child = spawn(program, ['600'], { cwd, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(end);
  await once(child, 'spawn');
  return { pid: child.pid, end };
}

test('a trash that leads elsewhere is refused, and nothing there is removed', async () => {
  const { here, prune } = await withReleases();
  const outside = await scratch();
  await mkdir(`${outside}/not.ours`);
  await rmdir(here.at('.cutover', 'trash'));
  await symlink(outside, here.at('.cutover', 'trash'));
  for (const releases of [[], [A]])
    await expect(prune(releases)).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(await listing(outside)).toHaveLength(2);
});
