import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isGone, type ProcessMark, processMark, systemProcesses } from './holder.ts';
import type { LockRecord } from './record.ts';

const OWN = 1;
const here = (startedAt: string, ended = false): ProcessMark => ({ place: 'boot/ns', startedAt, ended });

/** A machine with these processes; we are number 1. */
function machine(others: Readonly<Record<number, ProcessMark | null>>) {
  const all: Readonly<Record<number, ProcessMark | null>> = { [OWN]: here('100'), ...others };
  return { markOf: (pid: number) => all[pid] ?? null, exists: (pid: number) => pid in all };
}

function heldBy(mark: string | null): LockRecord {
  return {
    nonce: 'n',
    by: 'me@here',
    pid: 7,
    since: '',
    release: null,
    mark,
    message: null,
    together: false,
  };
}

test.for([
  ['its process is there', heldBy('boot/ns/500'), { 7: here('500') }, false],
  ['there is no such process any more', heldBy('boot/ns/500'), {}, true],
  ['its number belongs to another process by now', heldBy('boot/ns/500'), { 7: here('900') }, true],
  ['it has ended, and nobody fetched its exit status', heldBy('boot/ns/500'), { 7: here('500', true) }, true],
  ['it is there, but may not be looked at', heldBy('boot/ns/500'), { 7: null }, false],
  ['it ran in another container of this machine', heldBy('boot/other/500'), {}, false],
  ['it ran on another machine of the same name', heldBy('elsewhere/ns/500'), {}, false],
  ['nothing but its number is known', heldBy(null), {}, false],
] as const)('%s', ([, record, others, gone]) => {
  expect(isGone(record, machine(others), OWN)).toBe(gone);
});

test('where processes have no marks nobody is called gone', () => {
  const blind = { markOf: () => null, exists: () => false };
  expect(isGone(heldBy('boot/ns/500'), blind, OWN)).toBe(false);
  expect(processMark(blind, OWN)).toBeNull();
});

test('a process of this machine is there until it has ended', async () => {
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  const pid = child.pid!;
  const record = { ...heldBy(processMark(systemProcesses, pid)), pid };
  expect(record.mark).toMatch(/^[0-9a-f-]{36}\/\d+\/\d+$/);
  expect(isGone(record, systemProcesses, process.pid)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isGone(record, systemProcesses, process.pid)).toBe(true);
});
