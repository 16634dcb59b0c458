import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is handed on in pieces, so that output without newlines cannot fill the memory. */
const LONGEST_LINE = 16 * 1024;

/** Cuts a stream of bytes into lines, without their ends. */
export function splitLines(take: (line: string) => void): { push(chunk: Uint8Array): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    push(chunk) {
      const lines = (
        rest + decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      ).split('\n');
      rest = lines.pop()!;
      for (const line of lines) take(line.endsWith('\r') ? line.slice(0, -1) : line);
      while (rest.length > LONGEST_LINE) {
        take(rest.slice(0, LONGEST_LINE));
        rest = rest.slice(LONGEST_LINE);
      }
    },
    end() {
      rest += decoder.end();
      if (rest !== '') take(rest);
    },
  };
}
