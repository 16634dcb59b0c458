import {
  defineExtension,
  errorCode,
  type Hook,
  messageOf,
  type PlanningContext,
} from '../../core/contract/index.ts';
import { crossed, markedIn } from './marked.ts';
import { Options } from './options.ts';

/** Refuses a rollback to a release that does not know a migration which cannot be undone. Does nothing itself. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: async () => {},
    refuse: async (context) => {
      if (context.kind !== 'rollback') return [];
      const reasons = await reasonsAgainst(options.marker, context);
      if (context.override === null) return reasons;
      for (const reason of reasons) context.log(`${reason} It is done all the same: ${context.override}`);
      return [];
    },
    interrupted: 'again',
  }),
});

async function reasonsAgainst(marker: string, context: PlanningContext): Promise<readonly string[]> {
  const [live, target] = [`current/${marker}`, `releases/${context.release}/${marker}`];
  const files = [await read(live, context), await read(target, context)] as const;
  const unreadable = files.filter((file) => file.type === 'unreadable');
  if (unreadable.length > 0) {
    return unreadable.map(
      ({ why }) => `Nobody can say which migrations a rollback to ${context.release} would cross: ${why}`,
    );
  }
  const [before, after] = files.map((file) => (file.type === 'read' ? markedIn(file.content) : []));
  const names = crossed(before ?? [], after ?? []);
  if (names.length === 0) return [];
  return [
    `A rollback to ${context.release} would cross migrations that cannot be undone: ${listed(names)} ` +
      `(${live} names them, ${target} does not).`,
  ];
}

type Marker =
  | { readonly type: 'read'; readonly content: Uint8Array | null }
  | { readonly type: 'unreadable'; readonly why: string };

/** What cannot be read may name a migration. A server that is not there is another matter, and not ours. */
async function read(path: string, context: PlanningContext): Promise<Marker> {
  try {
    return { type: 'read', content: await context.readFile(path) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (errorCode(error) !== 'E_REMOTE') throw error;
    return { type: 'unreadable', why: `${path} cannot be read: ${messageOf(error)}` };
  }
}

const MOST_SHOWN = 10;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_SHOWN;
  return `${names.slice(0, MOST_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
