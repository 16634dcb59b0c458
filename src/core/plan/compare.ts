import { canonicalJson } from '../config/canonicalJson.ts';
import type { Json } from '../contract/index.ts';
import type { Plan, ServerPlan } from './types.ts';

/** Why a plan is stale: what is different now, a sentence each; empty when it still holds. */
export function differences(planned: Plan, now: Plan): readonly string[] {
  if (planned.digest === now.digest) return [];
  const found = [
    ...(planned.configuration === now.configuration ? [] : ['the configuration has changed']),
    ...(planned.manifest === now.manifest ? [] : ['the source has changed']),
    ...(planned.revision === now.revision
      ? []
      : [`the revision is ${now.revision}, not ${planned.revision}`]),
    ...(planned.release === now.release
      ? []
      : [`a release ${now.release} would be made, because newer ones exist`]),
    ...(same(planned.absent, now.absent) ? [] : ['other servers are left out']),
    ...serverDifferences(planned.servers, now.servers),
  ];
  return found.length > 0 ? found : ['what would be done is not what was planned'];
}

function serverDifferences(planned: readonly ServerPlan[], now: readonly ServerPlan[]): readonly string[] {
  const names = (servers: readonly ServerPlan[]) => servers.map((server) => server.name).join(', ');
  if (names(planned) !== names(now)) return [`the servers are ${names(now)}, not ${names(planned)}`];
  return planned.flatMap((before, index) => ofServer(before, now[index]!));
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a as Json) === canonicalJson(b as Json);
}

function ofServer(planned: ServerPlan, now: ServerPlan): readonly string[] {
  const { expects } = planned;
  const found = [
    ...(expects.current === now.expects.current
      ? []
      : [`current leads to ${now.expects.current ?? 'nothing'}, not to ${expects.current ?? 'nothing'}`]),
    ...(expects.current !== now.expects.current || expects.dangling === now.expects.dangling
      ? []
      : [
          `current leads to ${expects.current}, which ${expects.dangling ? 'exists now' : 'does not exist any more'}`,
        ]),
    ...(expects.realPath === now.expects.realPath
      ? []
      : [`the deploy path is ${now.expects.realPath}, not ${expects.realPath}`]),
    ...(expects.ledger === now.expects.ledger
      ? []
      : ['its ledger has new lines: somebody deployed or rolled back']),
    ...(expects.manifest === now.expects.manifest ? [] : ['its deploy-cache holds something else']),
    ...(same(planned.prune, now.prune) ? [] : ['other releases would be removed']),
    ...(same(planned.commands, now.commands) ? [] : ['other commands would be run']),
    ...(same(planned.hooks, now.hooks) ? [] : ['other hooks would be run']),
  ];
  return found.map((each) => `${planned.name}: ${each}`);
}
