import { isUtf8 } from 'node:buffer';

/** Why one name of a tree cannot be deployed, or null. */
export function nameProblem(name: Uint8Array): string | null {
  if (!isUtf8(name)) return 'is not valid UTF-8';
  const text = Buffer.from(name).toString();
  if (CONTROL.test(text)) return 'holds control characters';
  return text === '' || text === '.' || text === '..' || text.includes('/') ? 'is not a file name' : null;
}

/** Why a text is not the path of a manifest, or null. */
export function pathProblem(path: string): string | null {
  if (CONTROL.test(path)) return 'holds control characters';
  return ODD_NAME.test(path) ? 'is not a path inside the tree' : null;
}

/** The same as `linkProblem` of a target that is still bytes. */
export function targetProblem(path: string, target: Uint8Array): string | null {
  if (!isUtf8(target)) return 'is a link whose target is not valid UTF-8';
  return linkProblem(path, Buffer.from(target).toString());
}

/**
 * Why a link at `path` cannot be deployed, or null. Only the text is looked at: a target that names nothing is
 * fine, one that climbs above the top of the tree is not, even where it comes back.
 */
export function linkProblem(path: string, target: string): string | null {
  if (target === '') return 'is a link without a target';
  if (CONTROL.test(target)) return 'is a link whose target holds control characters';
  if (Buffer.byteLength(target) > LONGEST_TARGET_BYTES) return 'is a link with too long a target';
  if (target.startsWith('/')) return `is a link to an absolute path, ${printable(target)}`;
  let depth = path.split('/').length - 1;
  for (const name of target.split('/')) {
    if (name === '..') depth -= 1;
    else if (name !== '' && name !== '.') depth += 1;
    if (depth < 0) return `is a link that leaves the tree, to ${printable(target)}`;
  }
  return null;
}

/** A name that is empty, `.` or `..`. */
const ODD_NAME = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** For messages: what a terminal would obey, and bytes that are not UTF-8, as `\xNN`. */
export function printable(name: Uint8Array | string): string {
  const bytes = Buffer.from(name);
  if (!isUtf8(bytes)) return bytes.toString('latin1').replaceAll(/[^\x20-\x7e]/g, hexOf);
  return bytes
    .toString()
    .replaceAll(UNPRINTABLE, (found) => Buffer.from(found).toString('latin1').replaceAll(/./gs, hexOf));
}

/** PATH_MAX without its final NUL: symlink(2). */
export const LONGEST_TARGET_BYTES = 4095;

/** C0, DEL, C1, and the line and paragraph separators. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** The above, and the marks that turn the direction of a text (Unicode's Bidi_Control). */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function hexOf(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
