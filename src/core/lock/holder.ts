import { readFileSync, readlinkSync } from 'node:fs';
import type { LockRecord } from './record.ts';

/** What this machine can say of processes. */
export interface Processes {
  /** Null where it cannot be told. */
  markOf(pid: number): ProcessMark | null;
  /** False only when there is certainly no such process here. */
  exists(pid: number): boolean;
}

export interface ProcessMark {
  /** The running kernel, and the process ids that it shows us: machines may share a name, and containers do. */
  readonly place: string;
  /** When it was started, in clock ticks since the kernel: a number is given to another process one day. */
  readonly startedAt: string;
  /** It has ended, and nobody has fetched its exit status. */
  readonly ended: boolean;
}

/** What a record says of the process that holds it; null where that cannot be told. */
export function processMark(processes: Processes, pid: number): string | null {
  const mark = processes.markOf(pid);
  return mark === null ? null : `${mark.place}/${mark.startedAt}`;
}

/**
 * Whether the holder was a process of this very place that is there no more. A holder of another machine, and one
 * of which too little is known, is never called gone.
 */
export function isGone(record: LockRecord, processes: Processes, ownPid: number): boolean {
  const own = processes.markOf(ownPid);
  const at = record.mark?.lastIndexOf('/') ?? -1;
  if (own === null || record.mark === null || record.mark.slice(0, at) !== own.place) return false;
  if (!processes.exists(record.pid)) return true;
  const now = processes.markOf(record.pid);
  return now !== null && (now.ended || now.startedAt !== record.mark.slice(at + 1));
}

/** By proc(5): `/proc/<pid>/stat`, `/proc/sys/kernel/random/boot_id`, `/proc/self/ns/pid`. */
export const systemProcesses: Processes = {
  markOf(pid) {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name of the program, in parentheses, may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [state, startedAt] = [fields[0], fields[19]];
      if (state === undefined || startedAt === undefined) return null;
      return { place: `${boot}/${namespace}`, startedAt, ended: state === 'Z' || state === 'X' };
    } catch {
      return null;
    }
  },
  exists(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
  },
};
