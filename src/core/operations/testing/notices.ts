import { plainNotifier } from '../../config/testing/plain.ts';
import type { NotifierConfig } from '../../config/types.ts';
import { planFor } from '../deploy.ts';
import { openNotices } from '../notices.ts';
import { unchangedResult } from '../result.ts';
import { createWorld, PLAIN, type WorldOptions } from './world.ts';

/** The notices of one deployment that commits, to a notifier with this entry; `deadlineMs` is what it says of itself. */
export async function noticesWith(
  notify: NonNullable<WorldOptions['notify']>,
  entry: Partial<NotifierConfig>,
  deadlineMs?: number,
) {
  const world = await createWorld({
    servers: ['web1'],
    notify,
    environment: { notify: [plainNotifier('spy', entry)] },
  });
  const { extensions } = world.runtime;
  const notifier: typeof extensions.notifier = async (name) => {
    const extension = await extensions.notifier(name);
    const create: typeof extension.create = (options, scope) => ({
      ...extension.create(options, scope),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    return { ...extension, create };
  };
  const runtime = { ...world.runtime, extensions: { ...extensions, notifier }, clockMs: () => Date.now() };
  const plan = await planFor(runtime, world.config, PLAIN);
  const notices = await openNotices(runtime, world.config, world.config.environments.production!, plan);
  const opening = { at: '2026-01-01T00:00:00.000Z', isResumed: false, seen: new Map() };
  return { notices, opening, result: { ...unchangedResult(plan), outcome: 'committed' as const } };
}
