import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { deploy, planFor } from './deploy.ts';
import { type MarkRequest, mark } from './marks.ts';
import { releases } from './releases.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { createWorld, type World } from './testing/world.ts';

const ENV = 'production';
const ASK = { environment: ENV, ref: null, servers: [], full: false, unpin: false, saved: null };

const set = (
  world: World,
  name: MarkRequest['name'],
  servers: readonly string[],
  more: Partial<MarkRequest['set']> = {},
) =>
  mark(world.runtime, world.config, {
    environment: ENV,
    name,
    servers,
    set: { reason: 'a new disk', until: null, ...more },
  });
const clear = (world: World, name: MarkRequest['name'], servers: readonly string[] = []) =>
  mark(world.runtime, world.config, { environment: ENV, name, servers, set: null });
const back = (world: World, override: string | null = null) =>
  rollback(world.runtime, world.config, { environment: ENV, to: null, servers: [], override });
const currents = async (world: World) =>
  Promise.all(world.servers.map(async (name) => (await world.seen(name)).current));

test('a server that is paused is left out, which is told, until it is let in again', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  const first = `releases/${(await world.deploy()).release}`;
  expect(await set(world, 'paused', ['web2'])).toMatchObject({
    mark: 'paused',
    servers: [
      {
        name: 'web2',
        before: null,
        after: { by: 'me@here', reason: 'a new disk', until: null },
        error: null,
      },
    ],
  });
  await world.write({ 'index.html': 'two' });
  const why =
    /^web2: it is paused by me@here since 2026-01-01T\S+: a new disk; it (is left out$|was left out; when that is over: cutover catch-up production --server web2$)/;

  const plan = await planFor(world.runtime, world.config, ASK);
  expect(plan.absent).toMatchObject([{ name: 'web2', why: 'paused', mark: { by: 'me@here' } }]);
  expect(plan).toMatchObject({ servers: [{ name: 'web1' }], notes: [expect.stringMatching(why)] });

  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'committed', servers: [{ name: 'web1', outcome: 'committed' }] });
  expect(result.problems).toEqual([expect.stringMatching(why)]);
  expect(await currents(world)).toEqual([`releases/${result.release}`, first]);
  expect((await world.seen('web2')).lock).toBe('released');
  expect((await back(world)).problems).toEqual([expect.stringMatching(why)]);
  expect(await currents(world)).toEqual([first, first]);

  expect(await clear(world, 'paused', ['web2'])).toMatchObject({
    servers: [{ before: { reason: 'a new disk' }, after: null }],
  });
  const again = await world.deploy({ unpin: true });
  expect(again).toMatchObject({ outcome: 'committed', problems: [] });
  expect(await currents(world)).toEqual(Array(2).fill(`releases/${again.release}`));
});

test('the lock of a paused server is given back before anything is done', async () => {
  const held: unknown[] = [];
  const world: World = await createWorld({
    servers: ['web1', 'web2'],
    hook: async (at) => void (at === 'before:prepare' && held.push((await world.seen('web2')).lock)),
  });
  await world.deploy();
  await set(world, 'paused', ['web2']);
  await world.write({ 'index.html': 'two' });
  held.length = 0;
  expect(await world.deploy()).toMatchObject({ outcome: 'committed' });
  expect(held).toEqual(['released']);
});

test('the lock of a paused server is not needed, and nobody waits for it', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await world.deploy();
  await set(world, 'paused', ['web2']);
  await world.engine('web2').takeLock('v1 x someone 1 now -', world.cancel.signal);
  await world.write({ 'index.html': 'two' });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', servers: [{ name: 'web1' }] });
});

test('with every server paused nothing is deployed', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await set(world, 'paused', []);
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(
      /Every server is paused; nothing was touched\.\nweb1: .*\nweb2: it is paused by me@here/,
    ),
    hint: 'cutover unpause production web1',
  });
  await expect(back(world)).rejects.toMatchObject({ code: 'E_REFUSED' });
});

test('a saved plan leaves out who was paused, and does not run when somebody else is', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await world.deploy();
  await set(world, 'paused', ['web2']);
  await world.write({ 'index.html': 'two' });
  const saved = await planFor(world.runtime, world.config, ASK);
  expect(await world.deploy({ saved })).toMatchObject({ outcome: 'committed', servers: [{ name: 'web1' }] });

  await world.write({ 'index.html': 'three' });
  const stale = await planFor(world.runtime, world.config, ASK);
  await clear(world, 'paused');
  await set(world, 'paused', ['web1']);
  await expect(world.deploy({ saved: stale })).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('Every server is paused'),
  });
});

test('a mark that is set between the plan and the lock counts', async () => {
  for (const [name, code] of [
    ['paused', 'E_STALE'],
    ['frozen', 'E_REFUSED'],
  ] as const) {
    const world = await createWorld({ servers: ['web1'], hook: () => {} });
    const { extensions } = world.runtime;
    // Hooks are made once there is a plan. Nobody has ever locked there, so the locks come behind it.
    const hook: typeof extensions.hook = async (asked) => {
      const mark = { by: 'x', at: null, reason: 'y', until: null };
      await world.engine('web1').setMark(name, mark, world.cancel.signal);
      return extensions.hook(asked);
    };
    const runtime = { ...world.runtime, extensions: { ...extensions, hook } };
    await expect(deploy(runtime, world.config, ASK)).rejects.toMatchObject({ code });
    expect((await world.seen('web1')).releases).toEqual([]);
  }
});

test('an environment that is frozen refuses, and says who, why, until when and where', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  const before = await currents(world);
  await set(world, 'frozen', [], { until: { afterMs: 3_600_000 } });
  await world.write({ 'index.html': 'three' });
  const refusal = {
    code: 'E_REFUSED',
    message: expect.stringMatching(
      /^Nothing was touched\. production is frozen on web1, web2 by me@here since \S+, until \S+: a new disk\.$/,
    ),
    hint: expect.stringContaining('cutover unfreeze production'),
  };
  await expect(world.deploy()).rejects.toMatchObject(refusal);
  const locks = () => readdir(world.at('web1', '.cutover/locks'));
  const locksBefore = await locks();
  await expect(back(world)).rejects.toMatchObject(refusal);
  expect(await locks()).toEqual(locksBefore);
  expect(await currents(world)).toEqual(before);
  expect((await world.seen('web1')).lock).toBe('released');
  const plan = await planFor(world.runtime, world.config, ASK);
  expect(plan).toMatchObject({
    override: null,
    notes: [expect.stringContaining('refuses deployments without --override')],
  });

  await clear(world, 'frozen');
  expect(await world.deploy()).toMatchObject({ outcome: 'committed' });
});

test('a freeze that is overridden is told by the plan and kept in the ledger', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.deploy({ override: 'for nothing' });
  await set(world, 'frozen', []);
  await world.write({ 'index.html': 'two' });
  const override = { by: 'me@here', reason: 'hot fix' };
  const saved = await planFor(world.runtime, world.config, { ...ASK, override: 'hot fix' });
  expect(saved).toMatchObject({
    override,
    notes: [expect.stringContaining('me@here overrides that: hot fix')],
  });
  expect(await world.deploy({ saved })).toMatchObject({ outcome: 'committed' });
  const rows = (await releases(world.runtime, world.config, ENV, [])).servers[0]!.releases;
  expect(rows.map((row) => row.override)).toEqual([override, null]);
  await back(world, 'hot fix too');
  expect(await readFile(world.at('web1', '.cutover/ledger'), 'utf8')).toContain(
    '"override":{"by":"me@here","reason":"hot fix too"}',
  );
});

test('a mark whose time is over by the server’s clock is none', async () => {
  const world = await createWorld({ servers: ['web1'] });
  // The servers' clock is the real one, which the program's is far behind.
  const until = '2026-06-01T00:00:00.000Z';
  const clock = (await world.engine('web1').observe([], world.cancel.signal)).clock!;
  const over = { by: 'x', at: null, reason: 'y', until: new Date(clock.getTime() - 1000).toISOString() };
  for (const name of ['paused', 'frozen'] as const) {
    await set(world, name, [], { until: { at: new Date(until) } });
    await world.engine('web1').setMark(name, over, world.cancel.signal);
  }
  expect(await status(world.runtime, world.config, ENV, [])).toMatchObject({
    servers: [{ paused: null, frozen: null }],
  });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', problems: [] });
});

test('status and check show what is marked; a server out of reach is told when a mark is set', async () => {
  let isAway = false;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    transport: (name, plain) => ({
      ...plain,
      connect: (scope) =>
        isAway && name === 'web2' ? Promise.reject(new Error('no route')) : plain.connect(scope),
    }),
  });
  isAway = true;
  expect(await set(world, 'frozen', [])).toMatchObject({
    servers: [
      { name: 'web1', error: null },
      { name: 'web2', after: null, error: 'no route' },
    ],
  });
  isAway = false;
  await set(world, 'paused', ['web2']);
  const marked = { by: 'me@here', at: expect.any(String), reason: 'a new disk', until: null };
  expect(await status(world.runtime, world.config, ENV, [])).toMatchObject({
    servers: [
      { paused: null, frozen: marked },
      { paused: marked, frozen: null },
    ],
  });
  const { servers } = await check(world.runtime, world.config, ENV, []);
  expect(
    servers.map(({ findings }) => findings.filter(({ message }) => / (paused|frozen) by/.test(message))),
  ).toMatchObject([
    [{ level: 'error', fix: expect.stringMatching(/cutover unfreeze production.*--override/) }],
    [{ level: 'warning', fix: expect.stringContaining('cutover unpause production web2') }],
  ]);
});

test('a mark says why, and ends later than now', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await expect(set(world, 'frozen', [], { reason: ' ' })).rejects.toMatchObject({ code: 'E_USAGE' });
  await expect(set(world, 'frozen', [], { until: { at: new Date(0) } })).rejects.toMatchObject({
    code: 'E_USAGE',
  });
});
