import type { UnlockResult } from '../../core/operations/results.ts';
import { escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { describeLock } from './status.ts';

/** Who holds, or held, the lock of each server. `howToRelease` is told when one is still held; null: not at all. */
export function renderUnlock(
  result: UnlockResult,
  style: Style,
  now: Date,
  howToRelease: string | null,
): readonly string[] {
  const rows = result.servers.map(({ name, path, lock, released }) => [
    style.bold(escapeRemote(name)),
    escapeRemote(path),
    lock === null
      ? style.dim('not locked')
      : `${released ? style.green('released; was held by') : style.yellow('held by')} ${describeLock(lock, now)}`,
  ]);
  const isHeld = result.servers.some(({ lock, released }) => lock !== null && !released);
  return [
    ...table(rows),
    ...(isHeld && howToRelease !== null ? ['', `To release: ${style.cyan(escapeRemote(howToRelease))}`] : []),
  ];
}
