import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, errorCode } from '../../contract/index.ts';
import { packArchive } from '../../sync/archive.ts';
import { type EndingEarly, endingEarly } from '../../sync/endingEarly.ts';
import { wholeFiles } from '../../sync/wholeFiles.ts';
import type { Fence, SyncRequest } from '../engine.ts';
import type { Link } from '../link.ts';
import { lookAtReceived } from './received.ts';
import { ATTEMPTS, BACKOFF_MS, runScript } from './run.ts';
import { syncScript } from './sync.ts';

/**
 * Sends what a deploy-cache lacks. When the connection is lost on the way, or an earlier life of the transaction was cut
 * short here, what has arrived whole is not sent again. What the server was to make of its own files, and could not,
 * is sent then.
 */
export async function upload(
  link: Link,
  path: string,
  fence: Fence,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<void> {
  const resent = new Set<string>();
  for (let attempt = 1; ; ) {
    try {
      const again = attempt > 1 || resent.size > 0 || request.isAgain === true;
      const wrong = await sendOnce(link, path, fence, request, { again, resent, signal });
      if (wrong.length === 0) return;
      if (wrong.every((each) => resent.has(each))) throw cannotMake(link.server, wrong);
      for (const each of wrong) resent.add(each);
    } catch (error) {
      const lost = errorCode(error) === 'E_UNKNOWN' || (attempt > 1 && errorCode(error) === 'E_UNREACHABLE');
      if (!lost || attempt === ATTEMPTS || signal.aborted) throw error;
      await delay(BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal });
      attempt += 1;
    }
  }
}

interface Try {
  /** Something may have arrived before. */
  readonly again: boolean;
  readonly resent: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Gives the files that the server could not make. */
async function sendOnce(
  link: Link,
  path: string,
  fence: Fence,
  request: SyncRequest,
  { again, resent, signal }: Try,
): Promise<readonly string[]> {
  const { release, work, modifiedAtSec, cancel } = request;
  const arrived = again ? await lookAtReceived(link, path, release, signal) : [];
  const kept = wholeFiles(arrived, work.diff, modifiedAtSec);
  const streams: EndingEarly[] = [];
  const archive = () => {
    const stream = endingEarly(packArchive({ ...request, kept, resent, signal: cancel }), cancel);
    streams.push(stream);
    return stream.chunks;
  };
  try {
    const script = syncScript(path, fence, request, kept.size > 0);
    const options = { signal, upload: archive, journal: fence.journal, attempts: 1 };
    return (await runScript(link, script, options)).all('resend');
  } catch (error) {
    throw streams.at(-1)?.reason() ?? error;
  }
}

function cannotMake(server: string, paths: readonly string[]): CutoverError {
  return new CutoverError(
    'E_REMOTE',
    `${server}: the upload arrived, but ${paths[0]} has another content there than was sent.`,
    { server },
  );
}
