export interface CutOptions {
  /** What the markup of the service wants written for one character. Default: the character. */
  readonly write?: (character: string) => string;
  /** What a piece of text counts. Default: UTF-16 units, of which no service counts more than there are. */
  readonly sizeOf?: (piece: string) => number;
}

/** The text, escaped, or as much of it as stays within `most` with an ellipsis behind. Cuts neither a character nor an escape. */
export function cut(text: string, most: number, { write = same, sizeOf = units }: CutOptions = {}): string {
  const room = most - sizeOf(ELLIPSIS);
  let [whole, short, size] = ['', '', 0];
  // Half a surrogate pair is no text: JSON carries it as an escape that many services refuse.
  for (const character of text.toWellFormed()) {
    const piece = write(character);
    size += sizeOf(piece);
    if (size > most) return short + ELLIPSIS;
    whole += piece;
    if (size <= room) short = whole;
  }
  return whole;
}

/** For `sizeOf` where a service counts bytes. */
export function bytes(piece: string): number {
  return Buffer.byteLength(piece);
}

const ELLIPSIS = '…';

const same = (character: string) => character;
const units = (piece: string) => piece.length;
