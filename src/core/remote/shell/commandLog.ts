import { splitLines } from './lines.ts';

/** The log of a command, put together from pieces that came over one connection or several. */
export interface CommandLog {
  /** How many bytes have come: where the next piece begins. */
  offset(): number;
  endsWith(word: string): void;
  push(bytes: Uint8Array): void;
  /** Null, or resolves once all that was pushed was handed on. */
  settled(): Promise<void> | null;
  /** The last line that is not empty. */
  lastLine(): string;
  /** Hands on what is left, without waiting for anybody. */
  end(): void;
}

/** So little is made into lines before it is asked again whether anybody takes them. */
const SLICE_BYTES = 4096;

/**
 * `catchUp` is null, or resolves once the lines so far were taken: until then bytes wait, which need less room than
 * lines.
 */
export function commandLog(
  take: (line: string) => void,
  catchUp: () => Promise<void> | null = () => null,
): CommandLog {
  let offset = 0;
  let word: string | null = null;
  let isOver = false;
  let lastLine = '';
  // The line that ends the log begins anew, so an empty line before it may be ours.
  let held = false;
  const hand = (line: string) => {
    if (line.trim() !== '') lastLine = line;
    take(line);
  };
  const lines = splitLines((line) => {
    if (isOver) return;
    if (word !== null && line.startsWith(`${word} `)) {
      isOver = true;
      return;
    }
    if (held) hand('');
    held = line === '';
    if (!held) hand(line);
  });

  const waiting: Uint8Array[] = [];
  const next = () => {
    const bytes = waiting.shift()!;
    if (bytes.length > SLICE_BYTES) waiting.unshift(bytes.subarray(SLICE_BYTES));
    lines.push(bytes.subarray(0, SLICE_BYTES));
  };
  let handing: Promise<void> | null = null;
  const handOn = async (taken: Promise<void>) => {
    for (let wait: Promise<void> | null = taken; ; wait = catchUp()) {
      await wait;
      if (waiting.length === 0) break;
      next();
    }
    handing = null;
  };
  return {
    offset: () => offset,
    endsWith: (text) => {
      word = text;
    },
    push(bytes) {
      offset += bytes.length;
      waiting.push(bytes);
      while (handing === null && waiting.length > 0) {
        const taken = catchUp();
        if (taken === null) next();
        else handing = handOn(taken);
      }
    },
    settled: () => handing,
    lastLine: () => lastLine,
    end() {
      while (waiting.length > 0) next();
      lines.end();
      if (held && !isOver) hand('');
    },
  };
}
