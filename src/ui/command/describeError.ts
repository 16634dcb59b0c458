import * as Errors from '@oclif/core/errors';
import { errorCode, messageOf } from '../../core/contract/index.ts';
import { jsonText } from '../escape.ts';
import { type ErrorView, renderError } from '../results/error.ts';
import { createStyle } from '../style.ts';
import { openTerminal } from '../terminal.ts';
import { exitCodeOf } from './exitCodes.ts';
import { stateDirectory } from './runtime.ts';

/** Anything that was thrown, as people or machines are told of it. What is not one of our errors is a bug. */
export function describeError(
  error: Error,
  json: boolean,
  versions: string,
): { readonly view: ErrorView; readonly text: string; readonly exitCode: number } {
  const view = viewOf(error, versions);
  const style = createStyle(openTerminal(process.stderr, process.env).color);
  return {
    view,
    text: json ? jsonText({ error: view }, 2) : renderError(view, style).join('\n'),
    exitCode: isUsage(error) ? 2 : exitCodeOf(errorCode(error)),
  };
}

function viewOf(error: Error, versions: string): ErrorView {
  if (isUsage(error)) {
    return { code: 'E_USAGE', message: usageMessage(error), hint: 'Add --help to see what there is.' };
  }
  const code = errorCode(error);
  if (code !== null && code !== 'E_BUG') {
    return { code, message: messageOf(error), hint: (error as { readonly hint?: string }).hint ?? null };
  }
  const journals = `Journals: ${stateDirectory(process.env)}/journals`;
  return {
    code: 'E_BUG',
    message: `This is a bug in cutover. ${error.stack ?? messageOf(error)}\n${versions}\n${journals}`,
    hint: 'Please report it with the lines above. "cutover status" tells what the servers serve.',
  };
}

/** A flag or an argument that the command line does not have, also when another copy of oclif says so. */
function isUsage(error: Error): boolean {
  return error instanceof Errors.CLIError || 'oclif' in error;
}

/** Without what oclif adds on how it reads flags, and around the one thing that is wrong with them. */
function usageMessage(error: Error): string {
  return error.message
    .replace(/\nSee more help with --help$/, '')
    .replace(/\n+Note: [\s\S]*$/, '')
    .replace(/^The following errors? occurred:\n\s*/, '')
    .replaceAll(/^\s*Missing required flag (\S+)$/gm, 'The flag --$1 is missing: it is required.');
}
