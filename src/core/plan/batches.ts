import type { EnvironmentConfig } from '../config/types.ts';

/** Which servers are switched together, in order. Pure. */
export function batchesOf(
  { strategy, batch }: Pick<EnvironmentConfig, 'strategy' | 'batch'>,
  servers: readonly string[],
): readonly (readonly string[])[] {
  if (strategy === 'parallel') return [servers];
  const size = 'servers' in batch ? batch.servers : Math.ceil((servers.length * batch.percent) / 100);
  const count = Math.ceil(servers.length / size);
  return Array.from({ length: count }, (_, index) => servers.slice(index * size, (index + 1) * size));
}
