const HIDDEN = '***';
/** Shorter values would blank out ordinary words, and are no secrets. */
const MIN_LENGTH = 4;
/** A part of a secret is replaced only when it is long enough to belong to nothing else. */
const MIN_PART_LENGTH = 8;
/** Paths of URLs look like other paths; only long ones hold a token. */
const MIN_URL_PATH_LENGTH = 20;

export interface Redactor {
  add(secret: string): void;
  redact(text: string): string;
}

/**
 * Replaces secrets by `***` in any text: as they are, in base64 (also inside a longer encoded text), URL-encoded,
 * JSON-escaped and shell-quoted; of a secret of several lines each long line; of an URL also what follows the host.
 * Values under 4 characters are not replaced.
 */
export function createRedactor(): Redactor {
  const forms = new Set<string>();
  return {
    add: (secret) => {
      for (const form of formsOf(secret)) forms.add(form);
    },
    redact: (text) => blank(text, rangesOf(text, forms)),
  };
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < MIN_LENGTH) return [];
  const parts = [...longLines(secret), ...urlParts(secret)];
  return [secret, ...parts].flatMap((text) => [...encodings(text), ...base64Cores(text)]);
}

function longLines(secret: string): readonly string[] {
  return secret.split(/\r?\n/).filter((line) => line.length >= MIN_PART_LENGTH);
}

function urlParts(secret: string): readonly string[] {
  if (!URL.canParse(secret)) return [];
  const { href, pathname, search, password } = new URL(secret);
  const path = pathname + search;
  return [href, ...(path.length >= MIN_URL_PATH_LENGTH ? [path] : []), ...longLines(password)];
}

function encodings(text: string): readonly string[] {
  const url = encodeURIComponent(text.toWellFormed());
  const form = new URLSearchParams({ text }).toString().slice('text='.length);
  const base64 = Buffer.from(text).toString('base64');
  return [
    text,
    escaped(text),
    escaped(escaped(text)),
    text.replaceAll("'", `'\\''`),
    ...[url, form].flatMap((encoded) => [encoded, encoded.replaceAll(/%../g, (code) => code.toLowerCase())]),
    base64,
    base64.replaceAll('=', ''),
    Buffer.from(text).toString('base64url'),
  ];
}

/** As it stands between the quotes of JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * What a longer base64 text (`user:password` of an HTTP header) shows of these bytes, for each of the three ways
 * in which they may fall on its groups; the characters shared with neighbours are left out.
 */
function base64Cores(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const core = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
    if (core.length < MIN_PART_LENGTH) return [];
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function rangesOf(text: string, forms: Iterable<string>): readonly Range[] {
  const found: Range[] = [];
  for (const form of forms) {
    for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1)) {
      found.push({ start, end: start + form.length });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Secrets may overlap: what any of them covers goes, one mark for each covered stretch. */
function blank(text: string, ranges: readonly Range[]): string {
  let result = '';
  let position = 0;
  for (const { start, end } of ranges) {
    if (start >= position) result += text.slice(position, start) + HIDDEN;
    position = Math.max(position, end);
  }
  return result + text.slice(position);
}
