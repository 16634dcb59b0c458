import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, unlinkSync } from 'node:fs';
import { lutimes, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Processes, processMark, systemProcesses } from '../../../core/lock/holder.ts';
import { formatLockRecord } from '../../../core/lock/record.ts';
import { linkPackage } from './linkPackage.ts';
import { oneAtATime } from './oneAtATime.ts';
import { installedPackages } from './packages.ts';

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cutover-turns-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const unknown: Processes = { markOf: () => null, exists: () => true };

/** As a run leaves it that was killed. */
async function heldBy(data: string, pid: number, mark: string | null, silentSec = 0): Promise<void> {
  await mkdir(join(data, '.changing'), { recursive: true });
  const path = join(data, '.changing', 'g-000007');
  const since = '2026-11-22T10:00:00.000Z';
  await symlink(formatLockRecord({ nonce: 'n', by: 'there', pid, since, release: null, mark }), path);
  const touched = Date.now() / 1000 - silentSec;
  await lutimes(path, touched, touched);
}

test('of many packages that are linked at once none is lost', async () => {
  const data = await directory();
  const names = Array.from({ length: 12 }, (_, index) => `cutover-plugin-${index}`);
  await Promise.all(
    names.map(async (name) => {
      const root = join(data, 'packages', name);
      await mkdir(root, { recursive: true });
      await writeFile(join(root, 'package.json'), JSON.stringify({ name, version: '1.0.0', oclif: {} }));
      await oneAtATime(data, () => linkPackage(root, data, () => false));
    }),
  );
  const listed = (await installedPackages(data)).map(({ name }) => name);
  expect(listed.sort()).toEqual(names.sort());
  expect(await readdir(join(data, '.changing'))).toHaveLength(1);
});

test('two are never at it at once, also when one fails', async () => {
  const data = await directory();
  let atWork = 0;
  const change = async (index: number) => {
    expect(++atWork).toBe(1);
    await readdir(data);
    atWork -= 1;
    if (index % 2 === 1) throw new Error(`${index} failed`);
    return index;
  };
  const ends = await Promise.allSettled([0, 1, 2, 3].map((index) => oneAtATime(data, () => change(index))));
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
});

test('who waits in vain changes nothing, and is told whom for', async () => {
  const data = await directory();
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  await heldBy(data, child.pid!, processMark(systemProcesses, child.pid!));
  let isChanged = false;
  const change = async () => {
    isChanged = true;
  };
  await expect(oneAtATime(data, change, { waitMs: 20 })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: `Another cutover is changing what is installed (process ${child.pid} on there, since 2026-11-22T10:00:00.000Z). Nothing was changed.`,
    hint: 'Type the same again when it is done.',
  });
  expect(isChanged).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  if (process.platform !== 'linux') await heldAgainSilent(data);
  await oneAtATime(data, change, { waitMs: 0 });
  expect(isChanged).toBe(true);
});

test('one that cannot be told from others counts as dead after a minute of silence', async () => {
  const data = await directory();
  await heldBy(data, 4711, null, 50);
  const options = { waitMs: 0, processes: unknown };
  await expect(oneAtATime(data, async () => 'done', options)).rejects.toMatchObject({ code: 'E_PLUGIN' });
  await heldAgainSilent(data);
  expect(await oneAtATime(data, async () => 'done', options)).toBe('done');
});

async function heldAgainSilent(data: string): Promise<void> {
  const touched = Date.now() / 1000 - 61;
  await lutimes(join(data, '.changing', 'g-000007'), touched, touched);
}

test('a name that was free only because two turns went by is no turn', async () => {
  const data = await directory();
  await heldBy(data, 1, 'here/1');
  const at = (name: string) => join(data, '.changing', name);
  const record = { nonce: 'm', by: 'there', pid: 2, since: '', release: null, mark: null };
  const processes: Processes = {
    markOf: () => ({ place: 'here', startedAt: '2', ended: false }),
    exists() {
      // The holder is seen to be gone, and before anything is made of that there has been one more, and another is at it.
      symlinkSync(formatLockRecord(record), at('g-000009'));
      unlinkSync(at('g-000007'));
      return false;
    },
  };
  const change = oneAtATime(data, async () => 'done', { waitMs: 0, processes });
  await expect(change).rejects.toMatchObject({ message: expect.stringContaining('(process 2 on there') });
  expect(await readdir(join(data, '.changing'))).toEqual(['g-000009']);
});

test('who was overtaken does not say that all is well', async () => {
  const data = await directory();
  const stopped = oneAtATime(data, async () => {
    const [own = ''] = await readdir(join(data, '.changing'));
    const touched = Date.now() / 1000 - 61;
    await lutimes(join(data, '.changing', own), touched, touched);
    await oneAtATime(data, async () => {}, { waitMs: 0 });
  });
  await expect(stopped).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining('at the same time'),
  });
  expect(await oneAtATime(data, async () => 'done', { waitMs: 0 })).toBe('done');
});

test('where nothing can be written that is said', async () => {
  const data = await directory();
  await writeFile(join(data, 'file'), '');
  await expect(oneAtATime(join(data, 'file'), async () => {})).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: expect.stringContaining(`${join(data, 'file')} cannot be written to`),
  });
});
