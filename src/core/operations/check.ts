import type { Config, EnvironmentConfig } from '../config/types.ts';
import type { Leak } from '../remote/engine.ts';
import type { Observation } from '../remote/observation.ts';
import { extensionFindings } from './checkExtensions.ts';
import { configuredSource } from './configuredSource.ts';
import { failed, ok, warning } from './finding.ts';
import {
  environmentNamed,
  type Group,
  openGroup,
  requireUncancelled,
  seenOf,
  settleGroup,
} from './openGroup.ts';
import type { CheckResult, Finding } from './results.ts';
import type { Runtime } from './runtime.ts';
import { serverFindings } from './serverFindings.ts';
import { standingFindings } from './standingFindings.ts';

/** Looks at all that could stop a deployment, without starting one. Every finding says what to do about it. */
export async function check(
  runtime: Runtime,
  config: Config,
  name: string,
  servers: readonly string[],
): Promise<CheckResult> {
  const environment = environmentNamed(config, name);
  await using group = await openGroup(runtime, config, environment, servers);
  const source = await lookAtSource(runtime, config, environment);
  const looks = await settleGroup(group, runtime.cancel);
  const leaks = await leaksOf(group, looks, runtime.cancel);
  const { findings, ...about } = source;
  const seen = seenOf(looks);
  const said = await extensionFindings({ runtime, config, group, seen, ...about });
  requireUncancelled(runtime.cancel);
  const now = runtime.now();
  const standing = { environment: group.environment, seen, now, ownPid: runtime.pid };
  return {
    environment: name,
    source: findings,
    extensions: said.extensions,
    servers: [...looks].map(([server, look]) => ({
      name: server,
      findings:
        look.status === 'fulfilled'
          ? [
              ...serverFindings(server, look.value, group.environment, now),
              ...standingFindings(server, standing),
              ...leakFindings(leaks.get(server) ?? []),
              ...(said.servers.get(server) ?? []),
            ]
          : [failed(look.reason)],
    })),
  };
}

/** Where a look fails, the findings of the observation are still worth telling. */
async function leaksOf(
  group: Group,
  looks: ReadonlyMap<string, PromiseSettledResult<Observation>>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Leak[]>> {
  const reached = [...looks].filter(
    ([, look]) => look.status === 'fulfilled' && look.value.cache.head !== null,
  );
  const found = reached.map(async ([server]) => {
    const leaks = await group.engines
      .get(server)!
      .leaks(AbortSignal.any([signal, AbortSignal.timeout(LEAKS_DEADLINE_MS)]))
      .catch(() => []);
    return [server, leaks] as const;
  });
  return new Map(await Promise.all(found));
}

const LEAKS_DEADLINE_MS = 2 * 60_000;
const NAMED_LEAKS = 3;

function leakFindings(leaks: readonly Leak[]): readonly Finding[] {
  if (leaks.length === 0) return [];
  const named = leaks.slice(0, NAMED_LEAKS).map(({ path }) => path);
  const more = leaks.length > NAMED_LEAKS ? ` and ${leaks.length - NAMED_LEAKS} more` : '';
  return [
    warning(
      `files that releases share were written in place: ${named.join(', ')}${more}`,
      'The next deployment sends them again. Have them written to a new file and renamed, or name them under "unshare".',
    ),
  ];
}

/** Null, where it does not tell. */
interface SourceLook {
  readonly findings: readonly Finding[];
  readonly revision: string | null;
  readonly branch: string | null;
}

async function lookAtSource(
  runtime: Runtime,
  config: Config,
  { branch }: EnvironmentConfig,
): Promise<SourceLook> {
  const signal = runtime.cancel;
  await using source = configuredSource(runtime, config, { branch, signal });
  try {
    const snapshot = await source.snapshot(null);
    const files = (await snapshot.manifest(signal)).filter((entry) => entry.kind !== 'directory').length;
    const findings =
      files === 0 ? [EMPTY] : [ok(`${files} ${files === 1 ? 'file' : 'files'} at ${snapshot.revision}`)];
    return { findings, revision: snapshot.revision, branch: snapshot.branch };
  } catch (error) {
    return { findings: [failed(error)], revision: null, branch };
  }
}

const EMPTY: Finding = {
  level: 'error',
  message: 'The source is empty.',
  fix: 'Look at "source" and "exclude" in the configuration.',
  code: null,
};
