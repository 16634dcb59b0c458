import type { Fence } from '../remote/engine.ts';
import type { Fact } from './facts.ts';
import { type HookFact, isHookFact } from './hookStanding.ts';
import type { Journal } from './journal.ts';
import type { Opening } from './serverText.ts';

export interface ServerJournalOptions {
  /** The journal on this machine: it says what is known, and is the faster one. */
  readonly local: Journal;
  readonly fences: ReadonlyMap<string, Fence>;
  /** Writes what is pending for a server in a round trip of its own. */
  readonly note: (server: string, fence: Fence) => Promise<void>;
}

export interface ServerJournals {
  /** Keeps the local journal and the servers' in step. */
  readonly journal: Journal;
  /** The first line of the journal of a server that has none yet. It goes there with the first script. */
  open(server: string, opening: Opening): void;
  /** The journal of this server is closed: nothing more is told there. */
  end(server: string): void;
  /**
   * The fence for one piece of work: the script that runs under it takes along what its server has not got yet, and
   * writes `after` when it has done its work.
   */
  fenceFor(server: string, work?: { readonly after: Fact | null; readonly required: boolean }): Fence;
}

/**
 * Each server has a journal of its own, written in the round trip of the effect that it tells of: that something is
 * begun before it is, that it is done when it is. A failure, which decides for the group, has a round trip of its own;
 * a server that cannot be reached then is asked again by whoever resumes.
 */
export function journalOnServers(options: ServerJournalOptions): ServerJournals {
  const { local, fences, note } = options;
  const pending = new Map<string, readonly string[]>([...fences.keys()].map((server) => [server, []]));
  const written = new Set<string>();

  const tell = (servers: Iterable<string>, line: string) => {
    for (const server of servers)
      if (pending.has(server)) pending.set(server, [...pending.get(server)!, line]);
  };

  const fenceFor: ServerJournals['fenceFor'] = (server, work = { after: null, required: true }) => ({
    ...fences.get(server)!,
    journal: {
      lines: () => pending.get(server) ?? [],
      delivered(lines) {
        if (pending.has(server)) pending.set(server, pending.get(server)!.slice(lines.length));
        if (work.after !== null) written.add(keyOf(work.after));
      },
      after: work.after === null ? null : JSON.stringify(work.after),
      required: work.required,
    },
  });

  /** One that must not be run again is begun once its server knows, and no sooner; of others nobody needs to know at once. */
  const tellHook = async (fact: HookFact) => {
    if (!isDelicate(fact, local.facts())) return;
    if (fact.type === 'hook.begun') await note(fact.server, fenceFor(fact.server));
    else await flush(fact.server);
  };

  const flush = (server: string) => note(server, fenceFor(server)).catch(() => {});

  return {
    fenceFor,
    open: (server, opening) => tell([server], JSON.stringify(opening)),
    end: (server) => void pending.delete(server),
    journal: {
      facts: () => local.facts(),
      async append(newFact) {
        const fact = await local.append(newFact);
        if (written.has(keyOf(fact))) return fact;
        tell(serversOf(fact, fences), JSON.stringify(fact));
        const isFailure = fact.type === 'step.failed' || fact.type === 'undo.failed';
        if (isFailure && pending.has(fact.server)) await flush(fact.server);
        if (isHookFact(fact) && pending.has(fact.server)) await tellHook(fact);
        return fact;
      },
    },
  };
}

function serversOf(fact: Fact, fences: ReadonlyMap<string, Fence>): Iterable<string> {
  return 'server' in fact && fact.server !== null ? [fact.server] : fences.keys();
}

function isDelicate(fact: HookFact, facts: readonly Fact[]): boolean {
  if (fact.type === 'hook.begun') return fact.interrupted !== 'again';
  return facts.some(
    (each) =>
      each.type === 'hook.begun' &&
      each.server === fact.server &&
      each.point === fact.point &&
      each.index === fact.index &&
      each.interrupted !== 'again',
  );
}

function keyOf(fact: Fact): string {
  const what = 'step' in fact ? fact.step : 'point' in fact ? `${fact.point}/${fact.index}` : '';
  return [fact.type, 'server' in fact ? fact.server : '', what].join('/');
}
