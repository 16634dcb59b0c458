import { randomBytes } from 'node:crypto';
import type { Exit } from '../../contract/index.ts';

/** One script in an open shell: the lines that mark its output, and what came between them. */
export interface ShellRun {
  /** The script, in a subshell, with the marks around it. */
  readonly text: string;
  take(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /** A shell has read what was written to it. */
  hasBegun(): boolean;
  isOver(): boolean;
  result(): {
    readonly exit: Exit;
    readonly stdout: Uint8Array;
    readonly stderr: Uint8Array;
    /** Nothing was printed, not even by us. */
    readonly isSilent: boolean;
  };
}

/**
 * The mark on stdout tells the exit status. On stderr there is one before the script, since of the one before something
 * may come late, and one behind it, which is waited for when the script has failed. The braces have the shell read all of
 * it before it runs any: what comes behind it on stdin is the script's.
 */
export function startRun(script: string, keepBytes: number): ShellRun {
  const mark = randomBytes(12).toString('hex');
  const stdout = collect(keepBytes);
  const stderr = collect(keepBytes);
  const last = new RegExp(`\n${mark} (\\d+)\n`);
  const status = () => last.exec(stdout.end())?.[1] ?? null;
  let hasBegun = false;

  return {
    text: `printf '\\n%s\\n' ${mark} >&2
{
(
${script}
)
printf '\\n%s %s\\n' ${mark} "$?"
printf '\\n%s over\\n' ${mark} >&2
}
`,
    take(stream, chunk) {
      const taking = stream === 'stdout' ? stdout : stderr;
      hasBegun ||= `${taking.end()}${Buffer.from(chunk).toString('latin1')}`.includes(`\n${mark}\n`);
      taking.push(chunk);
    },
    hasBegun: () => hasBegun,
    isOver() {
      const code = status();
      return code === '0' || (code !== null && stderr.end().includes(`\n${mark} over\n`));
    },
    result() {
      const code = status();
      const said = stderr.bytes();
      const begin = said.indexOf(`\n${mark}\n`);
      return {
        exit:
          code === null
            ? { type: 'unknown', reason: 'it did not end' }
            : { type: 'code', code: Number(code) },
        stdout: before(stdout.bytes(), `\n${mark} `),
        stderr: before(begin === -1 ? said : said.subarray(begin + mark.length + 2), `\n${mark} over\n`),
        isSilent: stdout.bytes().length === 0,
      };
    },
  };
}

/** More than the marks, which may come with something behind them where both streams are one. */
const END_BYTES = 256;
const SLACK_BYTES = 1024 * 1024;

/** The last bytes of a stream. */
function collect(keepBytes: number) {
  let pieces: Uint8Array[] = [];
  let heldBytes = 0;
  let end = '';
  const bytes = (): Buffer => {
    const kept = Buffer.concat(pieces).subarray(-Math.max(keepBytes, END_BYTES));
    pieces = [kept];
    heldBytes = kept.length;
    return kept;
  };
  return {
    push(piece: Uint8Array): void {
      pieces.push(piece);
      heldBytes += piece.length;
      if (heldBytes > keepBytes + SLACK_BYTES) pieces = [Buffer.from(bytes())];
      end = (end + Buffer.from(piece.subarray(-END_BYTES)).toString('latin1')).slice(-END_BYTES);
    },
    end: () => end,
    bytes,
  };
}

function before(bytes: Buffer, mark: string): Buffer {
  const at = bytes.lastIndexOf(mark);
  return at === -1 ? bytes : bytes.subarray(0, at);
}
