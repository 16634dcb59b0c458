import type { StepName } from '../../src/core/contract/index.ts';
import type { Event } from '../../src/core/journal/events.ts';

type Output = Readonly<Record<string, unknown>>;

/** The JSON lines of `--events`. */
export function readEvents(text: string): readonly Event[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Event);
}

/** What a command did, step by step: what the step is called, and a sentence. Steps without work are left out. */
export function inPlainWords(events: readonly Event[]): readonly (readonly [string, string])[] {
  const release = events.find((event) => event.type === 'opened')?.plan.release ?? '';
  const commands = (step: StepName) =>
    events.flatMap((event) => (event.type === 'command' && event.step === step ? [`"${event.run}"`] : []));
  return events.flatMap((event): readonly (readonly [string, string])[] => {
    if (event.type === 'opened') return [['lock', LOCKED]];
    if (event.type === 'step.done') {
      const words = DONE[event.step]((event.output ?? {}) as Output, release, commands(event.step));
      return words === null ? [] : [[event.step, words]];
    }
    if (event.type === 'step.failed') return [[event.step, `FAILED: ${reason(event)}`]];
    if (event.type === 'undo.done') {
      const { current } = event.output as Output;
      return [['undo', `removed releases/${release}; current leads to ${current ?? 'nothing'}, as before`]];
    }
    return [];
  });
}

const LOCKED = 'taken; the plan is made of what was seen under it, or still the same there';

/** `null`: there was nothing to do. */
const DONE: Readonly<
  Record<StepName, (output: Output, release: string, commands: readonly string[]) => string | null>
> = {
  prepare: ({ method }) =>
    `made the directories that were missing, and proved by a trial that ${method} can rename one link over another`,
  syncCache: ({ files, bytes, removed }) =>
    files === undefined
      ? null
      : `sent ${plural(Number(files), 'file')} (${bytes} bytes) to deploy-cache/, removed ${removed} there`,
  linkRelease: ({ copied }, release) =>
    copied === undefined
      ? null
      : `cloned deploy-cache/ as releases/${release}, ${copied === null ? 'by hard links: no file was copied' : 'by copying'}`,
  postUpload: (_, __, commands) =>
    commands.length === 0 ? null : `ran ${commands.join(' and ')} in the new release`,
  activate: (_, release) => `switched current to releases/${release} in one rename, and read it back`,
  postLaunch: (_, __, commands) =>
    commands.length === 0 ? null : `ran ${commands.join(' and ')} in current`,
  prune: ({ removed }) => {
    const gone = Array.isArray(removed) ? removed.length : 0;
    return `wrote the success into the ledger, removed ${gone === 0 ? 'no old release' : plural(gone, 'old release')}`;
  },
};

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

function reason({ server, failure }: Extract<Event, { type: 'step.failed' }>): string {
  return failure.message.replace(`${server}: `, '');
}
