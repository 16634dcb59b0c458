import type { Event } from '../../core/journal/events.ts';
import { writeOut } from './standardOutput.ts';

/** What is at work in this process, for whoever is told that it ends in the middle. */
export interface Work {
  readonly redact: (text: string) => string;
  readonly endStory: () => void;
}

/** There is one, as there is one end of the process. This is loaded at every start, so it imports little. */
let atWork: Work | null = null;
let openEnvironment: string | null = null;

export function beginWork(work: Work): void {
  atWork = work;
}

/** Follows whether a transaction is open. */
export function noteEvent(event: Event): void {
  if (event.type === 'opened' || event.type === 'resumed') openEnvironment = event.plan.environment;
  if (event.type === 'closed' && event.outcome !== 'stranded') openEnvironment = null;
}

export function isTransactionOpen(): boolean {
  return openEnvironment !== null;
}

/** Tells that the process ends before its command does, and what to type next. At once, as nothing can be awaited then. */
export function tellUnfinished(what: string, argv: readonly string[]): void {
  const redact = atWork?.redact ?? ((text: string) => text);
  const hint = nextStep();
  if (argv.includes('--json')) {
    const error = { code: 'E_BUG', message: what, hint };
    writeOut(`${redact(JSON.stringify({ error }, null, 2))}\n`);
    return;
  }
  atWork?.endStory();
  process.stderr.write(`${redact(`✗ ${what}\n  Next: ${hint}`)}\n`);
}

function nextStep(): string {
  if (openEnvironment === null)
    return 'cutover status tells what the servers serve, cutover plugins what is installed';
  const resume = `cutover resume ${openEnvironment}`;
  return `The transaction is open. ${resume} goes on with it, ${resume} --abort takes it back`;
}
