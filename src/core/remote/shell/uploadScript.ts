/**
 * How a script and its data share one stdin. A shell may read ahead of the command it runs, so data cannot
 * simply follow the script of `sh -s`; `read` must not read ahead (POSIX.1-2017, `read`), so the script comes
 * as one line, with `printf %b` escapes, and the rest of stdin is the data.
 * The text has no newline, backslash, `!` or single quote, so every login shell passes it on unchanged.
 */
export function renderUploadScript(): readonly string[] {
  return ['sh', '-c', 'IFS= read -r script && eval "$(printf %b "$script")"'];
}
