import type { Readable } from 'node:stream';

/** What ssh has said on its standard error. */
export interface Spoken {
  /** The last lines. */
  lines(): readonly string[];
  /** Nobody waits any more: no more is told. */
  hush(): void;
}

/** What ASKPASS puts before a line. */
export const ASKED = 'cutover: ';

/**
 * Tells at once what the user is asked to do. The rest may be a banner, and is told when the login takes so long that
 * somebody may be waited for: a ProxyCommand, too, speaks to the user here.
 */
export function listen(stderr: Readable, tell: (line: string) => void): Spoken {
  const kept: string[] = [];
  let untold: string[] = [];
  let isPatient = true;
  let isHushed = false;
  let rest = '';
  const take = (line: string) => {
    const asked = line.startsWith(ASKED);
    const text = asked ? line.slice(ASKED.length) : line;
    kept.push(text);
    kept.splice(0, kept.length - MOST_LINES);
    if (isHushed) return;
    if (asked || !isPatient) tell(text);
    else untold.push(text);
  };
  const timer = setTimeout(() => {
    isPatient = false;
    for (const line of untold.splice(0)) tell(line);
  }, PATIENCE_MS);
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.slice(-MOST_LENGTH).split(/\r*\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') take(line.trimEnd());
  });
  return {
    lines: () => (rest.trim() === '' ? kept : [...kept, rest.trim()]),
    hush() {
      isHushed = true;
      untold = [];
      clearTimeout(timer);
    },
  };
}

const PATIENCE_MS = 3_000;
const MOST_LINES = 50;
const MOST_LENGTH = 65_536;
