import { splitLines } from './lines.ts';

/** The log of a command, put together from pieces that came over one connection or several. */
export interface CommandLog {
  /** How many bytes have come: where the next piece begins. */
  offset(): number;
  endsWith(word: string): void;
  push(bytes: Uint8Array): void;
  /** The last line that is not empty. */
  lastLine(): string;
  /** Hands on what is left. */
  end(): void;
}

export function commandLog(take: (line: string) => void): CommandLog {
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
  return {
    offset: () => offset,
    endsWith: (text) => {
      word = text;
    },
    push(bytes) {
      offset += bytes.length;
      lines.push(bytes);
    },
    lastLine: () => lastLine,
    end() {
      lines.end();
      if (held && !isOver) hand('');
    },
  };
}
