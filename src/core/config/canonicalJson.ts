import type { Json } from '../contract/index.ts';

/**
 * The one text of a value: keys in the order of their UTF-16 code units, no white space (RFC 8785).
 * Throws TypeError on what JSON cannot hold: such a text would stand for two values.
 */
export function canonicalJson(value: Json): string {
  let text = '';
  writeCanonicalJson(value, (piece) => {
    text += piece;
  });
  return text;
}

/** The same in pieces, for values that are too large for one text. */
export function writeCanonicalJson(value: Json, write: (piece: string) => void): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON has no ${value}.`);
  if (value === null || typeof value !== 'object') {
    write(scalar(value));
  } else if (Array.isArray(value)) {
    let before = '[';
    for (const item of value as readonly Json[]) {
      write(before);
      writeCanonicalJson(item, write);
      before = ',';
    }
    write(before === '[' ? '[]' : ']');
  } else {
    const members = value as Readonly<Record<string, Json>>;
    let before = '{';
    for (const key of Object.keys(members).sort()) {
      write(`${before}${JSON.stringify(key)}:`);
      writeCanonicalJson(members[key] as Json, write);
      before = ',';
    }
    write(before === '{' ? '{}' : '}');
  }
}

function scalar(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`JSON has no ${typeof value}.`);
  return text;
}
