import { StringDecoder } from 'node:string_decoder';

/** Nobody reads a line that is longer, and it would fill the memory. */
const LONGEST_LINE = 16_384;

/** Takes a stream of bytes apart into lines; the last one may have no end. */
export function eachLine(tell: (line: string) => void) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE)) tell(rest.slice(0, LONGEST_LINE));
  };
  return {
    push: (chunk: Uint8Array) => take(decoder.write(Buffer.from(chunk))),
    end: () => {
      take(decoder.end());
      if (rest !== '') tell(rest);
      rest = '';
    },
  };
}
