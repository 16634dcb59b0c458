import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Outcome = 'passed' | 'failed';

export interface Column {
  readonly name: string;
  /** By the name of the case; those that the place cannot show are missing. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** The rows below those of the suite. */
export const deploymentCaseNames = [
  'deploy: a first release, and a second one',
  'deploy: one that fails after its activation is taken back',
  'deploy: a rollback goes back',
] as const;

export function columnsDirectory(runDirectory: string): string {
  return join(runDirectory, 'transports');
}

/**
 * What the files of a run have kept, in the order of their names; the parts of a column are put together. Read at once, as
 * reporters do not wait for one another.
 */
export function readColumns(runDirectory: string): readonly Column[] {
  const directory = columnsDirectory(runDirectory);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const columns = new Map<string, Column>();
  for (const file of names.sort()) {
    const { name, outcomes } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Column;
    columns.set(name, { name, outcomes: { ...columns.get(name)?.outcomes, ...outcomes } });
  }
  return [...columns.values()];
}

/** Cases × transports, in Markdown. Cases that no column has are left out. */
export function tableOf(columns: readonly Column[], caseNames: readonly string[]): string {
  const rows = caseNames
    .filter((name) => columns.some(({ outcomes }) => name in outcomes))
    .map((name) => [name, ...columns.map(({ outcomes }) => SIGNS[outcomes[name] ?? 'none'])]);
  const counts = columns.map(({ outcomes }) => {
    const all = Object.values(outcomes);
    return `${all.filter((outcome) => outcome === 'passed').length} of ${all.length}`;
  });
  const head = ['case', ...columns.map(({ name }) => name)];
  return [head, head.map(() => '---'), ...rows, ['passed', ...counts]]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

const SIGNS = { passed: '✓', failed: '✗', none: '–' } as const;
