import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../contract/index.ts';
import type { Received } from '../../sync/wholeFiles.ts';
import type { Fence, SyncRequest } from '../engine.ts';
import type { Link } from '../link.ts';
import { ATTEMPTS, BACKOFF_MS, runScript } from './run.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';
import { syncScript } from './sync.ts';

/**
 * Sends an archive. When the connection is lost on the way, or an earlier life of the transaction was cut short here,
 * what has arrived whole is not sent again.
 */
export async function upload(
  link: Link,
  path: string,
  fence: Fence,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const arrived = attempt > 1 || request.isAgain ? await look(link, path, request.release, signal) : [];
    const kept = request.keep?.(arrived) ?? new Set<string>();
    try {
      const script = syncScript(path, fence, request, kept.size > 0);
      const archive = () => request.archive(kept);
      await runScript(link, script, { signal, upload: archive, journal: fence.journal, attempts: 1 });
      return;
    } catch (error) {
      const lost = errorCode(error) === 'E_UNKNOWN' || (attempt > 1 && errorCode(error) === 'E_UNREACHABLE');
      if (!lost || attempt === ATTEMPTS || signal.aborted) throw error;
      await delay(BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

async function look(
  link: Link,
  path: string,
  release: string,
  signal: AbortSignal,
): Promise<readonly Received[]> {
  return readReceived(await runScript(link, receivedScript(path, release), { signal }));
}

/** Changes nothing. Where stat has no `-c`, nothing is said to have arrived. */
function receivedScript(path: string, release: string): Script {
  return { name: 'look at what has arrived', body: BODY, args: [path, release] };
}

const BODY = sh`
enter "$1"
cd -- ".cutover/incoming/$2/tree" 2>/dev/null || return 0
field received "$(find . -type f -exec stat -c '%s %Y %n' {} + 2>/dev/null)"`;

function readReceived(fields: Fields): readonly Received[] {
  return (fields.one('received') ?? '').split('\n').flatMap((line) => {
    const [, size, time, path] = /^(\d+) (\d+) \.\/(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ path, sizeBytes: Number(size), modifiedAtSec: Number(time) }];
  });
}
