/** How a command stands when the server has no more to tell. */
export type Ending =
  /** `status`: what the server wrote down; `kept`: whether the log holds all that was printed. */
  | { readonly type: 'ended'; readonly status: string; readonly kept: 'all' | 'part' }
  /** Nothing of it is at work any more, and no exit status was written down. */
  | { readonly type: 'lost'; readonly kept: 'all' | 'part' }
  /** It was stopped before it could begin. */
  | { readonly type: 'stopped' };

/** It is still at work, and wants to be asked again. */
export type Again = { readonly type: 'again' };

export interface StreamHandlers {
  /** The command is there. `word` begins the line after the last of its log. `found`: it was there before it was asked for. */
  readonly begun: (word: string, found: boolean) => void;
  /** So many bytes are new in the log; 0: none for a while. */
  readonly told: (bytes: number) => void;
  readonly log: (bytes: Uint8Array) => void;
}

/** Longer lines are not ours, but those of a start-up file. */
const LONGEST_LINE_BYTES = 4096;

/** Reads what the script of `attachScript` prints: lines with our nonce, and behind `+ N` so many bytes of the log. */
export function readStream(nonce: string, handlers: StreamHandlers) {
  let line = Buffer.alloc(0);
  let missing = 0;
  let begun = false;
  let ending: Ending | Again | null = null;

  const takeLine = (text: string) => {
    const [mark, verb, first = '', second = ''] = text.split(' ');
    if (mark !== nonce) return;
    if (verb === 'run') {
      begun = true;
      handlers.begun(first, second === 'found');
    } else if (verb === '+') {
      missing = Number(first);
      handlers.told(missing);
    } else if (verb === 'stopped') ending = { type: 'stopped' };
    else if (verb === 'again') ending = { type: 'again' };
    else if (verb === 'lost') ending = { type: 'lost', kept: keptOf(first) };
    else if (verb === 'ended') ending = { type: 'ended', kept: keptOf(first), status: second };
  };

  return {
    push(chunk: Uint8Array): void {
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      while (rest.length > 0) {
        if (missing > 0) {
          const piece = rest.subarray(0, missing);
          missing -= piece.length;
          handlers.log(piece);
          rest = rest.subarray(piece.length);
          continue;
        }
        const end = rest.indexOf(0x0a);
        line = Buffer.concat([line, end === -1 ? rest : rest.subarray(0, end)]).subarray(-LONGEST_LINE_BYTES);
        if (end === -1) return;
        takeLine(line.toString('latin1'));
        line = Buffer.alloc(0);
        rest = rest.subarray(end + 1);
      }
    },
    begun: () => begun,
    ending: (): Ending | Again | null => ending,
  };
}

function keptOf(text: string): 'all' | 'part' {
  return text === 'all' ? 'all' : 'part';
}
