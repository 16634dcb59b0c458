import { createRedactor } from '../../core/config/redactor.ts';
import { describeError } from './describeError.ts';
import { writeOut } from './standardOutput.ts';

/** What was thrown where no command of ours catches it: by a command of a plugin, or while one was loaded. */
export function tellUncaught(error: unknown, argv: readonly string[]): void {
  const exit = exitOf(error);
  if (isObject(error) && error.code === 'EEXIT') {
    process.exitCode = exit ?? 1;
    return;
  }
  const json = argv.includes('--json');
  const versions = `node-${process.version}`;
  const thrown = error instanceof Error ? error : new Error(String(error));
  const { text, exitCode } = describeError(thrown, json, versions);
  const told = `${createRedactor().redact(text)}\n`;
  if (json) writeOut(told);
  else process.stderr.write(told);
  process.exitCode = exit ?? exitCode;
}

/** oclif's own errors say so, of whichever copy of it they are. */
function exitOf(error: unknown): number | null {
  const told = isObject(error) && isObject(error.oclif) ? error.oclif.exit : null;
  return typeof told === 'number' ? told : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
