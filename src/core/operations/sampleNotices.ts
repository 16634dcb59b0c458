import type { EnvironmentConfig } from '../config/types.ts';
import type { NoticeEvent, Outcome } from '../contract/index.ts';
import { nextReleaseId } from '../release/id.ts';
import { type EndedResult, type NoticePlan, noticeFacts } from './notice.ts';
import type { TextFacts } from './noticeText.ts';
import { unchangedServer } from './result.ts';
import type { Runtime } from './runtime.ts';

/** Something that a notice can be about. */
interface Sample {
  readonly kind: NoticePlan['kind'];
  readonly outcome: Outcome | null;
  readonly isAfterFailure: boolean;
}

const SAMPLES: Readonly<Record<NoticeEvent, Sample>> = {
  started: { kind: 'deploy', outcome: null, isAfterFailure: false },
  succeeded: { kind: 'deploy', outcome: 'committed', isAfterFailure: false },
  failed: { kind: 'deploy', outcome: 'compensated', isAfterFailure: false },
  compensated: { kind: 'deploy', outcome: 'compensated', isAfterFailure: false },
  stranded: { kind: 'deploy', outcome: 'stranded', isAfterFailure: false },
  rolledBack: { kind: 'rollback', outcome: 'committed', isAfterFailure: false },
  backToSuccess: { kind: 'deploy', outcome: 'committed', isAfterFailure: true },
};

/** One notice for each, and none twice: what is compensated has failed. */
export function sampleNotices(
  runtime: Pick<Runtime, 'now' | 'by'>,
  application: string,
  environment: EnvironmentConfig,
  events: NoticeEvent | readonly NoticeEvent[],
): readonly TextFacts[] {
  const samples = [events].flat().map((event) => SAMPLES[event]);
  const different = new Map(samples.map((sample) => [JSON.stringify(sample), sample]));
  return [...different.values()].map((sample) => sampleFacts(runtime, application, environment, sample));
}

function sampleFacts(
  { now, by }: Pick<Runtime, 'now' | 'by'>,
  application: string,
  environment: EnvironmentConfig,
  { kind, outcome, isAfterFailure }: Sample,
): TextFacts {
  const [at, earlier] = [now(), new Date(now().getTime() - 86_400_000)];
  const [newer, older] = [nextReleaseId(at, []), nextReleaseId(earlier, [])];
  const [release, previous] = kind === 'rollback' ? [older, newer] : [newer, older];
  const current = outcome === 'committed' ? release : previous;
  const plan: NoticePlan = {
    application,
    environment: environment.name,
    kind,
    release,
    revision: '0'.repeat(40),
    branch: environment.branch ?? 'main',
    message: 'This is a test: nothing was deployed',
    author: by,
    absent: [],
    servers: environment.servers.map(({ name }) => ({ name, current: previous, currentRevision: null })),
  };
  const result: EndedResult | null = outcome && {
    outcome,
    interrupted: false,
    servers: plan.servers.map(({ name }) => ({ ...unchangedServer(name, current, null), outcome })),
    ...(outcome === 'committed' ? {} : { failure: 'This is a test: nothing failed' }),
  };
  const source = {
    plan,
    by,
    startedAt: at.toISOString(),
    isAfterFailure,
    serverCount: plan.servers.length,
    isTest: true,
  };
  return noticeFacts(source, result, at.toISOString());
}
