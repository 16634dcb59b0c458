import { dirname } from 'node:path';
import type { Config, ExtensionConfig } from '../config/types.ts';
import { liveRecord, liveRelease, newRelease } from '../plan/planDeployment.ts';
import type { Observation } from '../remote/observation.ts';
import { failed } from './finding.ts';
import { type AskedPlan, refusalsOn } from './hookRefusals.ts';
import { createHooks } from './hooks.ts';
import type { Group } from './openGroup.ts';
import type { Finding } from './results.ts';
import type { Runtime } from './runtime.ts';

export interface ExtensionFindings {
  /** Of all servers. */
  readonly extensions: readonly Finding[];
  readonly servers: ReadonlyMap<string, readonly Finding[]>;
}

export interface ToCheck {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly group: Group;
  readonly seen: ReadonlyMap<string, Observation>;
  /** Null: the source does not tell. */
  readonly revision: string | null;
  readonly branch: string | null;
}

/** Whether secrets of hooks and notifiers are to be had, and what hooks say against a deployment. */
export async function extensionFindings(checked: ToCheck): Promise<ExtensionFindings> {
  const { hooks, notify } = checked.group.environment;
  const [ofHooks, ofNotifiers] = await Promise.all([
    Promise.all(hooks.map((hook) => secretFindings(checked, `the hook ${hook.name}`, hook))),
    Promise.all(notify.map((notifier) => secretFindings(checked, `the notifier ${notifier.name}`, notifier))),
  ]);
  // Nobody could be told, which stops nothing.
  const warnings = ofNotifiers.flat().map((finding): Finding => ({ ...finding, level: 'warning' }));
  const secrets = distinct([...ofHooks.flat(), ...warnings]);
  try {
    return { extensions: secrets, servers: await refusalFindings(checked) };
  } catch (error) {
    return { extensions: [...secrets, failed(error)], servers: new Map() };
  }
}

async function secretFindings(
  { runtime, config }: ToCheck,
  what: string,
  { secrets }: Pick<ExtensionConfig, 'secrets'>,
): Promise<readonly Finding[]> {
  const tries = await Promise.allSettled(
    secrets.map((reference) => runtime.secret(reference, dirname(config.file))),
  );
  return tries.flatMap((each) => {
    if (each.status === 'fulfilled') return [];
    const finding = failed(each.reason);
    return [{ ...finding, message: `${what}: ${finding.message}` }];
  });
}

/** Hooks are made once, and asked for each server alone: what one cannot read says nothing of the others. */
async function refusalFindings(checked: ToCheck): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const { runtime, config, group } = checked;
  const { all } = await createHooks(runtime, config, group.environment);
  const plan = askedPlan(checked);
  const asking = { runtime, config, group, reason: null };
  const found = plan.servers.map(async (server) => {
    const findings = await refusalsOn(server, all, asking, plan).then(
      (said) => said.map(({ why, fix }): Finding => ({ level: 'error', message: why, fix, code: null })),
      (error: unknown) => [withoutTheObvious(failed(error))],
    );
    return [server.name, findings] as const;
  });
  return new Map(await Promise.all(found));
}

/** A check never touches anything. */
function withoutTheObvious(finding: Finding): Finding {
  return { ...finding, message: finding.message.replace(/^Nothing was touched\. /, '') };
}

/** As if it were deployed now. */
function askedPlan({ runtime, config, group, seen, revision, branch }: ToCheck): AskedPlan {
  return {
    application: config.application,
    environment: group.environment.name,
    kind: 'deploy',
    release: newRelease(runtime.now(), seen),
    revision,
    branch,
    servers: [...seen].map(([name, each]) => ({
      name,
      current: liveRelease(each),
      currentRevision: liveRecord(each)?.revision ?? null,
    })),
  };
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
