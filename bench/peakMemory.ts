import { readFileSync } from 'node:fs';

export interface PeakMemory {
  /** Of the process that needed most, as `/usr/bin/time -v` tells it. */
  readonly largestBytes: number;
  /** Of all at the same time; what they share counts for each. */
  readonly togetherBytes: number;
  /** What the first process and its threads have computed, as last seen. */
  readonly processorMs: number;
}

/** Watches a process and its descendants until `stop` is called. Needs Linux's /proc (proc_pid_status(5)): else null. */
export function watchMemory(pid: number): { stop(): PeakMemory | null } {
  let largest = 0;
  let together = 0;
  let processorMs = 0;
  const look = (): void => {
    const all = [pid, ...descendants(pid)].map(memoryOf);
    processorMs = Math.max(processorMs, computedMs(pid));
    largest = Math.max(largest, ...all.map(({ peak }) => peak));
    together = Math.max(
      together,
      all.reduce((sum, { now }) => sum + now, 0),
    );
  };
  look();
  const timer = setInterval(look, 10);
  return {
    stop() {
      clearInterval(timer);
      if (largest === 0) return null;
      return { largestBytes: largest, togetherBytes: Math.max(together, largest), processorMs };
    },
  };
}

function descendants(pid: number): readonly number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function memoryOf(pid: number): { readonly peak: number; readonly now: number } {
  const status = read(`/proc/${pid}/status`);
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { peak: field('VmHWM'), now: field('VmRSS') };
}

/** In user and in system, in clock ticks of ten milliseconds: proc_pid_stat(5), fields 14 and 15. */
function computedMs(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
}

/** Empty once the process has gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
