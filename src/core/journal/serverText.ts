import type { Plan, ServerPlan } from '../plan/types.ts';
import type { Fact } from './facts.ts';

/** A plan as a server's journal keeps it: facts only. What is run comes from the configuration of whoever resumes. */
export interface JournaledPlan extends Omit<Plan, 'servers'> {
  readonly servers: readonly Omit<ServerPlan, 'files' | 'commands' | 'hooks'>[];
}

/** The first line of a transaction in a server's journal. */
export interface Opening {
  readonly type: 'opened';
  /** The same on every server of the group; digits first, so that names made of it sort by time. */
  readonly id: string;
  readonly at: string;
  readonly by: string;
  readonly plan: JournaledPlan;
}

/** What one server knows of the transaction that is open on it. */
export interface ServerJournal {
  readonly opening: Opening;
  /** Without the opening. */
  readonly facts: readonly Fact[];
}

export function openingOf(plan: Plan, by: string, at: string): Opening {
  const id = `${at.replaceAll(/\D/g, '').slice(0, 17)}-${plan.kind}-${plan.release}`;
  const servers = plan.servers.map(({ files: _, commands: __, hooks: ___, ...kept }) => kept);
  return { type: 'opened', id, at, by, plan: { ...plan, servers } };
}

/**
 * Lines that are torn, or that another version wrote, are passed over, and what was left before the opening. Null when
 * nothing was opened.
 */
export function parseServerJournal(text: string): ServerJournal | null {
  const lines = text.split('\n').flatMap(parseLine);
  const opening = lines.find((line): line is Opening => line.type === 'opened' && isOpening(line));
  if (opening === undefined) return null;
  return {
    opening,
    facts: lines.slice(lines.indexOf(opening)).filter((line): line is Fact => line.type !== 'opened'),
  };
}

function parseLine(line: string): readonly (Fact | Opening)[] {
  try {
    const value = JSON.parse(line) as Fact | Opening;
    return typeof value.type === 'string' && typeof value.at === 'string' ? [value] : [];
  } catch {
    return [];
  }
}

const ID = /^\d{17}-(deploy|rollback)-[A-Za-z0-9._-]+$/;

/** It becomes a file name and decides what is undone, so nothing odd may stand in it. */
function isOpening(line: Fact | Opening): boolean {
  const { id, plan } = line as Partial<Opening>;
  return typeof id === 'string' && ID.test(id) && plan?.version === 1 && Array.isArray(plan.servers);
}
