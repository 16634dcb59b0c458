import type { Received } from '../../sync/wholeFiles.ts';
import type { Link } from '../link.ts';
import { runScript } from './run.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/** The files that an interrupted upload of this release has left. */
export async function lookAtReceived(
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
