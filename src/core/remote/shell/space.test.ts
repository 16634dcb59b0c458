import { expect, test } from 'vitest';
import { CutoverError } from '../../contract/index.ts';
import { engineHere, linkTo, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import type { Engine } from '../engine.ts';
import { readSpace, tellingSpace } from './space.ts';

test('what df prints is read, also where there is no such number', () => {
  const blocks = '/dev/sda1  1000 200 800 20% /';
  expect(readSpace(blocks, '/dev/sda1 500 480 20 96% /')).toEqual({ freeBytes: 819_200, freeInodes: 20 });
  expect(readSpace(blocks, 'none 500 500 0 100% /')).toMatchObject({ freeInodes: 0 });
  expect(readSpace('', '/dev/btrfs 0 0 0 - /')).toEqual({ freeBytes: null, freeInodes: null });
  expect(readSpace(null, 'df: unknown option')).toEqual({ freeBytes: null, freeInodes: null });
});

/** The engine of a server whose df prints this, every command of which fails with this. */
async function failing(error: CutoverError, available: { kilobytes: number; inodes: number }) {
  const df = `case $1 in -Pk) echo d 9 9 ${available.kilobytes} x / ;; *) echo d 9 9 ${available.inodes} x / ;; esac`;
  const transport = localTransport({ env: { ...process.env, PATH: await pathWith({ df }) } });
  const path = await scratch();
  const engine = { command: () => Promise.reject(error) } as unknown as Engine;
  const told = tellingSpace(linkTo(transport), () => path, engine);
  const request = {
    id: 'x',
    run: 'x',
    directory: path,
    variables: {},
    timeoutMs: null,
    idleTimeoutMs: null,
    onLine: () => {},
  };
  return { path, fails: () => told.command({ generation: 'g', record: 'r' }, request, never) };
}

test.for([
  ['E_DISK_FULL', { kilobytes: 5, inodes: 7 }, '5120 bytes and 7 inodes'],
  ['E_COMMAND', { kilobytes: 0, inodes: 70 }, '0 bytes and 70 inodes'],
  ['E_UNKNOWN', { kilobytes: 500, inodes: 0 }, '512000 bytes and 0 inodes'],
  ['E_REMOTE', { kilobytes: 0, inodes: 70 }, '0 bytes and 70 inodes'],
  ['E_REMOTE', { kilobytes: 500, inodes: 70 }, null],
  ['E_COMMAND', { kilobytes: 500, inodes: 70 }, null],
  ['E_FENCED', { kilobytes: 0, inodes: 0 }, null],
] as const)('%s with %j left', async ([code, available, expected]) => {
  const error = new CutoverError(code, 'web1: it failed.', { hint: 'do this' });
  const { path, fails } = await failing(error, available);
  const message =
    expected === null
      ? 'web1: it failed.'
      : `web1: it failed (the file system of ${path} has ${expected} free)`;
  const told = code === 'E_REMOTE' && expected !== null ? 'E_DISK_FULL' : code;
  await expect(fails()).rejects.toMatchObject({ code: told, message, hint: 'do this' });
});

test('a server that cannot say gets the error as it was', async () => {
  const error = new CutoverError('E_DISK_FULL', 'web1: no space.');
  const gone = tellingSpace(linkTo(localTransport()), () => '/nowhere', {
    prepare: () => Promise.reject(error),
  } as unknown as Engine);
  await expect(gone.prepare({ generation: 'g', record: 'r' }, never)).rejects.toBe(error);
});

test('a plain failure of a real script is not measured', async () => {
  const here = await engineHere();
  await expect(
    here.engine.activate(
      here.fence,
      { release: '20260101000001', expected: null, method: 'mv', active: null },
      never,
    ),
  ).rejects.toMatchObject({ code: 'E_REMOTE', message: expect.not.stringContaining('file system') });
});
