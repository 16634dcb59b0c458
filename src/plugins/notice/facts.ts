import type { Notice } from '../../core/contract/index.ts';

const FACT_NAMES = [
  'application',
  'environment',
  'kind',
  'outcome',
  'release',
  'previousRelease',
  'revision',
  'previousRevision',
  'branch',
  'author',
  'deployer',
  'message',
  'failure',
] as const;

export type FactName = (typeof FACT_NAMES)[number];

/** What a notice says in single values, by the names that the commands of a deployment know them by. Without those that are not known. */
export function factsOf(notice: Notice): Readonly<Partial<Record<FactName, string>>> {
  const { application, environment, kind, release, revision, previousRevision } = notice;
  const { branch, author, message, failure } = notice;
  const all: Readonly<Record<FactName, string | null>> = {
    application,
    environment,
    kind,
    outcome: notice.event,
    release,
    previousRelease: notice.previous,
    revision,
    previousRevision,
    branch,
    author,
    deployer: notice.by,
    message,
    failure,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}
