import { appendFile } from 'node:fs/promises';
import { messageOf } from '../../core/contract/index.ts';
import type { ErrorView } from '../results/error.ts';
import { errorSummary } from '../results/summary.ts';
import type { Environment } from '../style.ts';
import { annotation, isInActions } from '../workflowCommands.ts';

export interface ActionsOutput {
  readonly env: Environment;
  /** Of stderr; null where that is JSON lines, which nothing else may come between. */
  readonly write: ((text: string) => void) | null;
}

/** Adds Markdown to the summary of the step, where there is one. A summary that cannot be written is told, and that is all. */
export async function addSummary(markdown: string, { env, write }: ActionsOutput): Promise<void> {
  const path = env.GITHUB_STEP_SUMMARY;
  if (!isInActions(env) || path === undefined || path === '') return;
  try {
    await appendFile(path, `\n${markdown}`);
  } catch (error) {
    const message = `The step summary could not be written: ${messageOf(error)}`;
    write?.(`${annotation('warning', 'cutover', message)}\n`);
  }
}

/** What was thrown, as an annotation and in the summary. `redact` comes before anything is escaped. */
export async function tellError(
  { code, message, hint }: ErrorView,
  redact: (text: string) => string,
  output: ActionsOutput,
): Promise<void> {
  if (!isInActions(output.env)) return;
  const clean = { code, message: redact(message), hint: hint === null ? null : redact(hint) };
  const text = clean.hint === null ? clean.message : `${clean.message}\nHint: ${clean.hint}`;
  output.write?.(`${annotation('error', `cutover: ${code}`, text)}\n`);
  await addSummary(errorSummary(clean), output);
}
