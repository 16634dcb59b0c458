import type { Writable } from 'node:stream';
import { canRedraw, type Environment, wantsColor } from './style.ts';

/** Where text for people goes. */
export interface Terminal {
  write(text: string): void;
  /** Lines may be drawn over: a terminal, not a dumb one, and not that of a CI service. */
  readonly isTTY: boolean;
  /** As they are now: a window may be resized. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** What is needed of a stream; `process.stderr` is one. */
export interface OutputStream {
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Null where nothing waits to be read; else resolves when it was, or when the reader has gone away. */
export function drained(stream: Writable): Promise<void> | null {
  if (!stream.writableNeedDrain) return null;
  return new Promise((resolve) => {
    const done = () => {
      for (const event of SETTLING) stream.off(event, done);
      resolve();
    };
    for (const event of SETTLING) stream.on(event, done);
  });
}

const SETTLING = ['drain', 'error', 'close'];

/** A reader that goes away (`| head`, a closed window) ends the writing, never the deployment. */
export function openTerminal(stream: OutputStream, env: Environment): Terminal {
  const tty = stream.isTTY === true;
  let open = true;
  stream.on('error', () => {
    open = false;
  });
  return {
    write: (text) => {
      if (open) stream.write(text);
    },
    isTTY: canRedraw(tty, env),
    color: wantsColor(tty, env),
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}
