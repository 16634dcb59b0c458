import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Outcome = 'passed' | 'failed';

export interface Column {
  readonly name: string;
  /** By the name of the case; those that the place cannot show are missing. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

export function columnsDirectory(runDirectory: string): string {
  return join(runDirectory, 'transports');
}

/** What the files of a run have kept, in the order of their names. */
export async function readColumns(runDirectory: string): Promise<readonly Column[]> {
  const directory = columnsDirectory(runDirectory);
  const names = await readdir(directory).catch(() => []);
  const texts = names.sort().map((name) => readFile(join(directory, name), 'utf8'));
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as Column);
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
