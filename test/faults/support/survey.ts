import { parseLedger } from '../../../src/core/release/ledger.ts';
import { inContainer } from '../../integration/support/remoteTree.ts';
import { allTidied, type Site } from './site.ts';

/** What the servers of a site hold at one moment, read around SSH. */
export interface Survey {
  readonly servers: ReadonlyMap<string, Holding>;
  /** One text for everything outside of the deploy paths. */
  readonly canary: string;
  /** A line for every command that was started: what, server, release, whether for a rollback. */
  readonly commands: readonly string[];
}

export interface Holding {
  /** The text of `current`. */
  readonly current: string;
  /** Release to its entries: path to kind, mode and content. */
  readonly releases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Release to the revision that the ledger tells. */
  readonly revisions: ReadonlyMap<string, string>;
  /** Release to its last state in the ledger. */
  readonly states: ReadonlyMap<string, string>;
  /** Unfinished work. */
  readonly leftovers: readonly string[];
  /** The text of the highest generation. */
  readonly lock: string;
}

export async function survey(site: Site): Promise<Survey> {
  await allTidied(site);
  const text = await inContainer(site.server, ['sh', '-c', SCRIPT, 'sh', ...site.paths.values()]);
  const [head = '', ...parts] = text.split('\n== ');
  const names = [...site.paths.keys()];
  const lines = head.split('\n');
  return {
    servers: new Map(parts.map((part, index) => [names[index]!, readHolding(part.split('\n').slice(1))])),
    canary: lines.filter((line) => line.startsWith('canary ')).join('\n'),
    commands: lines.filter((line) => line.startsWith('command ')).map((line) => line.slice(8)),
  };
}

const SCRIPT = `cd /srv/canary && find . -printf 'canary %y %m %U %s %T@ %p %l\\n' | LC_ALL=C sort
if [ -e /srv/log/commands ]; then sed 's/^/command /' /srv/log/commands; fi
for path in "$@"; do
  printf '\\n== %s\\n' "$path"
  cd "$path" 2>/dev/null || continue
  echo "current $(readlink current)"
  find .cutover/build .cutover/incoming .cutover/tmp .cutover/trash -mindepth 1 -maxdepth 1 -printf 'left %p\\n' 2>/dev/null
  find .cutover/standby -mindepth 1 -maxdepth 2 \\( -name 'claimed-*' -o -name part -o -name pid \\) -printf 'left %p\\n' 2>/dev/null
  for each in .cutover/locks/g-*; do top=$each; done
  echo "lock $(readlink "$top")"
  sed 's/^/ledger /' .cutover/ledger
  echo
  find releases -mindepth 1 -printf 'entry %P\\t%y %m %l\\n'
  find releases -type f -exec sha256sum {} + | sed 's,^\\([0-9a-f]*\\)  releases/,hash \\1 ,'
done`;

function readHolding(lines: readonly string[]): Holding {
  const after = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const hashes = new Map(after('hash').map((line) => [line.slice(65), line.slice(0, 64)]));
  const releases = new Map<string, Map<string, string>>();
  for (const line of after('entry')) {
    const [path = '', about = ''] = line.split('\t');
    const slash = path.indexOf('/');
    const release = slash === -1 ? path : path.slice(0, slash);
    const entries = releases.get(release) ?? new Map<string, string>();
    releases.set(release, entries);
    if (slash !== -1) entries.set(path.slice(slash + 1), `${about.trim()} ${hashes.get(path) ?? ''}`.trim());
  }
  const ledger = parseLedger(after('ledger').join('\n'));
  return {
    current: after('current')[0] ?? '',
    releases,
    revisions: new Map(ledger.flatMap(({ release, revision }) => (revision ? [[release, revision]] : []))),
    states: new Map(ledger.map(({ release, state }) => [release, state])),
    // The marker of a sync that has removed what it had to: the next deployment sweeps it.
    leftovers: after('left').filter((path) => !path.endsWith('.removed')),
    lock: after('lock')[0] ?? '',
  };
}
