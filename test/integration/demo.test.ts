import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

/** Runs the demonstration with a temporary directory of its own. */
async function demonstrate(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'cutover-test-')));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const demo = execa(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, ...env, TMPDIR: scratch },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  return { scratch, demo };
}

test('it tells a deployment, a failure and a rollback, and leaves nothing behind', async () => {
  const { scratch, demo } = await demonstrate();
  const { exitCode, stdout, stderr } = await demo;
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  const statuses = [...stdout.matchAll(/^ {2}Exit status (\d+)$/gm)].map(([, status]) => status);
  expect(statuses).toEqual(['0', '0', '12', '0']);
  expect(stdout).toMatch(
    /^ {2}\d+ requests, 0 failed\. They saw \d+ times version 1, \d+ times version 2\.$/m,
  );
  expect(stdout).toMatch(/current -> releases\/\d{14}$/m);
  expect(stdout).not.toContain('\u001b');
  const longest = Math.max(...stdout.split('\n').map((line) => line.length));
  expect(longest).toBeLessThanOrEqual(80);
  expect(await readdir(scratch)).toEqual([]);
});

test('with --keep everything stays', async () => {
  const { scratch, demo } = await demonstrate(['--keep']);
  const { exitCode, stdout } = await demo;
  expect(exitCode).toBe(0);
  const [kept = ''] = await readdir(scratch);
  expect(stdout).toContain(`Kept in ${join(scratch, kept)}`);
  expect((await readdir(join(scratch, kept, 'server', 'releases'))).length).toBe(2);
});

test('when something is not as told it says what, ends with 1, and leaves nothing behind', async () => {
  const bin = await realpath(await mkdtemp(join(tmpdir(), 'cutover-test-')));
  onTestFinished(() => rm(bin, { recursive: true, force: true }));
  await writeFile(
    join(bin, 'grep'),
    '#!/bin/sh\ncase "$*" in *assets*) ;; *) exec /usr/bin/env PATH=/usr/bin:/bin grep "$@" ;; esac\n',
    { mode: 0o755 },
  );
  const { scratch, demo } = await demonstrate([], { PATH: `${bin}:${process.env.PATH}` });
  const { exitCode, stderr } = await demo;
  expect(stderr).toContain('Not so: cutover deploy local ends with 12.\nFound instead: 0\n');
  expect(exitCode).toBe(1);
  expect(await readdir(scratch)).toEqual([]);
});

test('when nobody reads any more, it cleans up', async () => {
  const { scratch, demo } = await demonstrate();
  demo.stdout.once('data', () => demo.stdout.destroy());
  await demo;
  expect(await readdir(scratch)).toEqual([]);
});

test('asked to stop, it cleans up first', async () => {
  const { scratch, demo } = await demonstrate();
  demo.stdout.on('data', (text) => {
    if (String(text).includes('$ cutover deploy')) demo.kill('SIGTERM');
  });
  expect((await demo).exitCode).toBe(130);
  expect(await readdir(scratch)).toEqual([]);
});
