import type { Style } from '../style.ts';
import { nameList } from '../wording.ts';

export interface Named {
  readonly name: string;
}

/** A block of lines per server; servers whose lines are equal share one, under all their names. */
export function renderGroups<T extends Named>(
  servers: readonly T[],
  style: Style,
  render: (server: T) => readonly string[],
): readonly string[] {
  const blocks = groupNames(servers, (server) => render(server).join('\n'));
  return blocks.flatMap(([body, names], index) => [
    ...(index === 0 ? [] : ['']),
    style.bold(nameList(names, 12)) + (names.length > 1 ? style.dim(` (${names.length} servers)`) : ''),
    ...(body === '' ? [] : body.split('\n').map((line) => (line === '' ? '' : `  ${line}`))),
  ]);
}

/** The names of those that have the same key, in the order of first appearance. */
export function groupNames<T extends Named>(
  servers: readonly T[],
  key: (server: T) => string,
): readonly (readonly [string, readonly string[]])[] {
  return [...Map.groupBy(servers, key)].map(([body, same]) => [body, same.map(({ name }) => name)] as const);
}
