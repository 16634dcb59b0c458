import { CutoverError } from '../contract/index.ts';
import { printable } from './names.ts';

/** One thing of a source that cannot be deployed. */
export interface Refusal {
  readonly path: Uint8Array | string;
  /** Continues the path: `is a FIFO`. */
  readonly reason: string;
  /** What to type against it, when there is something; continues `Type`. */
  readonly remedy?: string;
}

export const ODD_IGNORE_FILE = 'is not a regular file, so what it excludes is unknown';

/** Throws `E_REFUSED` with all of them, one a line, unless there are none. */
export function refuseAll(source: string, refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  const lines = refusals.map(({ path, reason }) => `  ${printable(path)} ${reason}`);
  const what = lines.length === 1 ? 'one thing in it' : `${lines.length} things in it`;
  throw new CutoverError(
    'E_REFUSED',
    [`${source} cannot be deployed because of ${what}:`, ...lines].join('\n'),
    {
      hint: hintAgainst(refusals),
    },
  );
}

function hintAgainst(refusals: readonly Refusal[]): string {
  const remedies = [...new Set(refusals.flatMap(({ remedy }) => remedy ?? []))];
  const typed = remedies.length === 0 ? '' : `Type ${remedies.join(' && ')}. `;
  const known = refusals.every(({ remedy }) => remedy !== undefined);
  return `${typed}${known ? 'Or' : 'Rename or remove them, or'} leave them out with \`exclude\` or a .deployignore file.`;
}
