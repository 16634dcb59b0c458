import { expect, test } from 'vitest';
import type { Config, HookConfig } from '../config/types.ts';
import { type HookPoint, STEPS } from '../contract/index.ts';
import { sealPlan } from '../plan/digest.ts';
import type { Plan, PlannedHook } from '../plan/types.ts';
import { deploy, planFor } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { hookAt } from './testing/hooks.ts';
import { cutShort, DEPLOY, elsewhere, PLAIN, RESUME } from './testing/lives.ts';
import { command, createWorld, type World } from './testing/world.ts';

const ENDS = ['always', 'onFailure', 'onRollback'] as const;

/** One at every point, and a few for some servers only, backwards. */
const EVERYWHERE: readonly HookConfig[] = [
  ...ENDS,
  ...STEPS.flatMap((step): HookPoint[] => [`after:${step}`, `before:${step}`]).toReversed(),
].flatMap((point) => [hookAt(point), hookAt(point, { name: 'some', on: 'rest' })]);

const FAILS = { postUpload: [], postLaunch: [command('! test -e fail')] };

const createHooked = (hooks = EVERYWHERE) =>
  createWorld({ servers: ['web1', 'web2'], environment: { hooks, commands: FAILS }, hook: () => {} });

/** What ran on each server, as a plan would list it. */
function ran(world: World): Readonly<Record<string, readonly string[]>> {
  const begun = world.events.flatMap((event) => (event.type === 'hook.begun' ? [event] : []));
  return Object.fromEntries(
    world.servers.map((name) => [name, begun.filter(({ server }) => server === name).map(brief)]),
  );
}

const listed = (plan: Plan, isReached: (point: HookPoint) => boolean) =>
  Object.fromEntries(
    plan.servers.map(({ name, hooks }) => [name, hooks.filter(({ point }) => isReached(point)).map(brief)]),
  );

const brief = ({ point, name }: Pick<PlannedHook, 'point' | 'name'>) => `${point} ${name}`;

test('what a saved plan lists is what runs, in that order', async () => {
  const world = await createHooked();
  const saved = await planFor(world.runtime, world.config, DEPLOY);
  await deploy(world.runtime, world.config, { ...DEPLOY, saved });
  expect(ran(world)).toEqual(listed(saved, (point) => point !== 'onFailure'));
  expect(ran(world).web1).toHaveLength(2 * STEPS.length + 1);
});

test('what fails runs of it what it comes to, and what is for failures', async () => {
  const world = await createHooked();
  await world.write({ 'index.html': 'one', fail: '' });
  const saved = await planFor(world.runtime, world.config, DEPLOY);
  const result = await deploy(world.runtime, world.config, { ...DEPLOY, saved });
  expect(result.outcome).toBe('compensated');
  const isReached = (point: HookPoint) => point !== 'after:postLaunch' && !point.endsWith(':prune');
  expect(ran(world)).toEqual(listed(saved, isReached));
});

test('what the plan of a rollback lists is what runs, in that order', async () => {
  const world = await createHooked();
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  const before = world.events.length;
  await rollback(world.runtime, world.config, { ...PLAIN, to: null });
  const events = world.events.slice(before);
  const opened = events.find((event) => event.type === 'opened')!;
  expect(opened.plan.kind).toBe('rollback');
  expect(ran({ ...world, events })).toEqual(listed(opened.plan, (point) => point !== 'onFailure'));
});

test.for<readonly [string, readonly HookConfig[]]>([
  ['an option of a hook', [hookAt('after:activate', { options: { url: 'b' } })]],
  ['for whom a hook is', [hookAt('after:activate', { options: { url: 'a' }, on: 'first' })]],
  ['how many hooks there are', []],
])('a saved plan is stale when the configuration changes %s', async ([, hooks]) => {
  const world = await createHooked([hookAt('after:activate', { options: { url: 'a' } })]);
  const saved = await planFor(world.runtime, world.config, DEPLOY);
  await expect(deploy(world.runtime, withHooks(world, hooks), { ...DEPLOY, saved })).rejects.toMatchObject({
    code: 'E_STALE',
    message: expect.stringMatching(
      /^The plan is stale; nothing was touched\.\nthe configuration has changed/,
    ),
  });
  expect(await world.seen('web1')).toMatchObject({ current: null, releases: [], lock: null });
});

function withHooks({ config }: World, hooks: readonly HookConfig[]): Config {
  const { production } = config.environments;
  return { ...config, environments: { production: { ...production!, hooks } } };
}

test.for([
  ['with hooks', EVERYWHERE],
  ['without any', []],
] as const)('a saved plan of an earlier version, which lists no hooks, is refused: %s', async ([, hooks]) => {
  const world = await createHooked(hooks);
  const { digest: _, ...plan } = await planFor(world.runtime, world.config, DEPLOY);
  const servers = plan.servers.map(({ hooks: __, ...server }) => server as Plan['servers'][number]);
  const saved = sealPlan({ ...plan, servers });
  await expect(deploy(world.runtime, world.config, { ...DEPLOY, saved })).rejects.toMatchObject({
    code: 'E_STALE',
    message:
      'The plan cannot be run: it was made by an earlier version of cutover, and does not say which hooks run. Nothing was touched.',
    hint: 'cutover plan production --out FILE',
  });
});

test('a saved plan from which somebody took a hook does not run', async () => {
  const world = await createHooked();
  const plan = await planFor(world.runtime, world.config, DEPLOY);
  const servers = plan.servers.map((server) => ({ ...server, hooks: server.hooks.slice(1) }));
  await expect(
    deploy(world.runtime, world.config, { ...DEPLOY, saved: { ...plan, servers } }),
  ).rejects.toMatchObject({
    code: 'E_STALE',
    message: expect.stringContaining('changed after it was made'),
  });
});

test('whoever resumes goes on with a plan that lists the same hooks', async () => {
  const world = await createHooked();
  const planned = await planFor(world.runtime, world.config, DEPLOY);
  expect(planned.servers[0]!.hooks.length).toBeGreaterThan(STEPS.length);
  await cutShort(world, 8, (runtime) => deploy(runtime, world.config, DEPLOY));
  await resume(elsewhere(world), world.config, RESUME);
  const resumed = world.events.find((event) => event.type === 'resumed')!;
  expect(resumed.plan.servers.map(({ hooks }) => hooks)).toEqual(planned.servers.map(({ hooks }) => hooks));
});
