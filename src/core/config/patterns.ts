/** The forms of names and paths in a configuration, and how a message calls them. */

/** Also a part of file names and environment variables. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const NAME_EXPECTED = 'a name of letters, digits, dot, underscore and hyphen, at most 64';

/** JavaScript would move names of digits only to the front, and the order of the servers counts. */
export const SERVER_NAME = /^(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const SERVER_NAME_EXPECTED = `${NAME_EXPECTED}, not digits only`;

/** Absolute or `~/…`, no `.` or `..`, no control characters, not `/` itself. */
export const DEPLOY_PATH = /^~?(?:\/+(?!\.{1,2}(?:\/|$))[^/\u0000-\u001f\u007f-\u009f]+)+\/*$/;
export const DEPLOY_PATH_EXPECTED =
  'an absolute path, or one that starts with ~/, without . and .. and not the root directory';

/** Below a directory: no leading `/` or `~`, no `..`, no control characters. */
export const RELATIVE_PATH =
  /^(?![/~])(?:\.\/+)*(?!\.{1,2}(?:\/|$))[^/\u0000-\u001f\u007f-\u009f]+(?:\/+(?!\.{1,2}(?:\/|$))[^/\u0000-\u001f\u007f-\u009f]+)*\/*$/;
export const RELATIVE_PATH_EXPECTED = 'a path relative to the release, without .. and not absolute';

/** Not an URL and not `user@host:path`. */
export const LOCAL_PATH = /^(?![A-Za-z][A-Za-z0-9+.-]*:\/\/)(?![^/]+@[^/]+:)[^\u0000-\u001f\u007f]+$/;

/** The characters that git-check-ref-format(1) allows; no leading hyphen, which git would take for an option. */
export const REF = /^(?!-)[^\u0000-\u0020\u007f~^:?*[\\]+$/;

/** The name of an npm package, and perhaps one version of it. */
export const PACKAGE = /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*(?:@[0-9A-Za-z.+-]+)?$/;

export const LINE = /^[^\u0000-\u001f\u007f]+$/;

/** Anything but white space alone, without NUL, which no shell command can hold. */
export const COMMAND = /^(?=[^\u0000]*[^\s\u0000])[^\u0000]+$/;

export const COMMAND_SERVERS =
  /^(?:all|first|last|once|rest|(?:role|server):[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;
export const COMMAND_SERVERS_EXPECTED =
  '"all", "first", "last", "once", "rest", "role:NAME" or "server:NAME"';

/** 1 to 100. */
export const PERCENT = /^(?:[1-9][0-9]?|100)%$/;

/** `a//b/` and `./a/b` are `a/b`; `/srv//app/` is `/srv/app`. */
export function normalisePath(path: string): string {
  return path
    .replaceAll(/\/{2,}/g, '/')
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/$/, '');
}
