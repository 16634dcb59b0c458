import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Config } from '../config/types.ts';
import type { CutoverError, HookContext, HookPoint, Notice } from '../contract/index.ts';
import { eachScript } from '../testing/eachScript.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { hookAt } from './testing/hooks.ts';
import { command, createWorld, type World } from './testing/world.ts';

const PLAIN = { environment: 'production', servers: [], lockWaitMs: 0 };
const DEPLOY = { ...PLAIN, ref: null, full: false, unpin: false, saved: null };
const RESUME = { ...PLAIN, abort: false };

/** Runs until its n-th fact is written, then hears nothing more: what follows from that fact is not done. */
async function cutShort(
  world: World,
  n: number,
  run: (runtime: World['runtime']) => Promise<unknown>,
): Promise<boolean> {
  let facts = 0;
  const emit: World['runtime']['emit'] = (event) => {
    if (/^(step|undo)\./.test(event.type) || ['opened', 'closed', 'cancelled'].includes(event.type))
      facts += 1;
    if (facts >= n) throw new Error('cut short');
  };
  return run({ ...world.runtime, emit }).then(
    () => false,
    () => true,
  );
}

/** Another machine: nothing of the first one's state. */
const elsewhere = (world: World) => ({
  ...world.runtime,
  by: 'other@elsewhere',
  stateDirectory: world.at('elsewhere'),
});

const contents = (world: World) =>
  Promise.all(world.servers.map((name) => readFile(world.at(name, 'current', 'index.html'), 'utf8')));

async function restsWell(world: World): Promise<void> {
  const { servers } = await status(elsewhere(world), world.config, 'production', []);
  for (const server of servers)
    expect(server).toMatchObject({ openTransaction: null, drift: null, lock: null });
}

function counting(world: World): Config {
  const production = world.config.environments.production!;
  const line = `echo "$CUTOVER_SERVER $CUTOVER_RELEASE" >>${world.at('counted')}`;
  const commands = { postUpload: [command(line)], postLaunch: production.commands.postLaunch };
  return { ...world.config, environments: { production: { ...production, commands } } };
}

const CASES = [
  [
    'a deployment',
    'two',
    [],
    (config: Config) => (runtime: World['runtime']) => deploy(runtime, config, DEPLOY),
  ],
  [
    'a deployment whose post-launch fails on one server',
    'one',
    [command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_ROLLBACK" = 1')],
    (config: Config) => (runtime: World['runtime']) => deploy(runtime, config, DEPLOY),
  ],
  [
    'a rollback',
    'zero',
    [],
    (config: Config) => (runtime: World['runtime']) => rollback(runtime, config, { ...PLAIN, to: null }),
  ],
] as const;

test.for(CASES)(
  '%s that is cut short after any fact is ended elsewhere as it would have ended',
  { timeout: 180_000 },
  async ([, expected, postLaunch, start]) => {
    for (let n = 1; ; n += 5) {
      const world = await createWorld({
        servers: ['web1', 'web2'],
        environment: { commands: { postUpload: [], postLaunch: [...postLaunch] } },
      });
      const quiet = {
        ...world.config.environments.production!,
        commands: { postUpload: [], postLaunch: [] },
      };
      const before: Config = { ...world.config, environments: { production: quiet } };
      for (const text of ['zero', 'one']) {
        await world.write({ 'index.html': text });
        await deploy(world.runtime, before, DEPLOY);
      }
      if (expected !== 'zero') await world.write({ 'index.html': 'two' });
      const config = counting(world);
      if (!(await cutShort(world, n, start(config)))) {
        expect(n).toBeGreaterThan(10);
        return;
      }
      const result = await resume(elsewhere(world), config, RESUME);
      // Cut short before anything was begun, or after all was done: nothing is open.
      const nothing = result === null;
      expect({ n, outcome: result?.outcome ?? null }).toEqual({
        n,
        outcome: nothing ? null : expected === 'one' ? 'compensated' : 'committed',
      });
      const served = await contents(world);
      expect({ n, served }).toEqual({ n, served: served.map(() => (nothing ? served[0] : expected)) });
      await restsWell(world);
      const runs = (await readFile(world.at('counted'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '');
      expect(new Set(runs).size).toBe(runs.length);
      if (expected === 'two' && !nothing)
        expect(runs.map((line) => line.split(' ')[0]).sort()).toEqual([...world.servers]);
    }
  },
);

/** One by one, and web2 fails once it is switched. */
const MIXED = {
  strategy: 'sequential',
  onFailure: 'revert-server',
  commands: {
    postUpload: [],
    postLaunch: [command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_ROLLBACK" = 1')],
  },
} as const;

test('under a policy that lets servers stay, whoever resumes decides as the policy says', {
  timeout: 180_000,
}, async () => {
  const outcomes = new Set<string>();
  for (let n = 23; ; n += 4) {
    const world = await createWorld();
    await world.write({ 'index.html': 'one' });
    await world.deploy();
    await world.write({ 'index.html': 'two' });
    const production = { ...world.config.environments.production!, ...MIXED };
    const config: Config = { ...world.config, environments: { production } };
    if (!(await cutShort(world, n, (runtime) => deploy(runtime, config, DEPLOY)))) break;
    const result = await resume(elsewhere(world), config, RESUME);
    expect({ n, served: await contents(world) }).toEqual({ n, served: ['two', 'one', 'one'] });
    await restsWell(world);
    outcomes.add(result?.outcome ?? 'nothing was open');
  }
  expect([...outcomes].filter((outcome) => outcome !== 'nothing was open')).toEqual(['committed']);
});

async function openWorld(): Promise<World> {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  for (const text of ['zero', 'one']) {
    await world.write({ 'index.html': text });
    await world.deploy();
  }
  await world.write({ 'index.html': 'two' });
  expect(await cutShort(world, 7, (runtime) => deploy(runtime, world.config, DEPLOY))).toBe(true);
  return world;
}

const refusal = (run: Promise<unknown>) =>
  run.then(
    () => {
      throw new Error('It was not refused.');
    },
    (error: CutoverError) => ({ code: error.code, text: `${error.message} ${error.hint}` }),
  );

test('a new deployment or rollback on an open transaction is refused, saying which, by whom, and what to type', async () => {
  const world = await openWorld();
  const { code, text } = await refusal(deploy(world.runtime, world.config, DEPLOY));
  expect(code).toBe('E_OPEN_TRANSACTION');
  expect(text).toMatch(/An earlier deployment is open: release \d{14}, by me@here, begun 20/);
  expect(text).toContain('cutover resume production --abort');
  const back = await refusal(rollback(world.runtime, world.config, { ...PLAIN, to: null }));
  expect(back.code).toBe('E_OPEN_TRANSACTION');
  expect(await contents(world)).toEqual(['one', 'one']);
});

test('a transaction cut short after its success was written down is open all the same', async () => {
  // With something behind it, it is not the prune that ends it.
  const world = await createWorld({ servers: ['web1', 'web2'], hook: () => {} });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  let pruned = 0;
  const emit: World['runtime']['emit'] = (event) => {
    if (event.type === 'step.done' && event.step === 'prune') pruned += 1;
    if (pruned > 1) throw new Error('cut short');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, DEPLOY)).rejects.toThrow();
  expect((await refusal(deploy(world.runtime, world.config, DEPLOY))).code).toBe('E_OPEN_TRANSACTION');
  expect((await resume(elsewhere(world), world.config, RESUME))?.outcome).toBe('committed');
  expect((await deploy(world.runtime, world.config, DEPLOY)).outcome).toBe('unchanged');
});

test('where one server has ended it and another one has not, it is committed, and only the rest is done', async () => {
  let armed = false;
  let isEnding = false;
  // From the first try to end web2 on, only its lock can be given back.
  const cut = (script: string) => {
    isEnding ||= script.includes('\nclose() {');
    const isRelease = script.includes('make_room') && !script.includes('\nclose() {');
    return isEnding && !isRelease ? 'before' : null;
  };
  const world = await createWorld({
    servers: ['web1', 'web2'],
    transport: (server, plain) =>
      faultyTransport(plain, ({ stdin }) => (armed && server === 'web2' ? cut(String(stdin)) : null)),
  });
  const config = counting(world);
  await deploy(world.runtime, config, DEPLOY);
  await rm(world.at('counted'));
  await world.write({ 'index.html': 'two' });
  armed = true;
  const result = await deploy(world.runtime, config, DEPLOY);
  armed = false;
  expect(result).toMatchObject({
    outcome: 'committed',
    problems: [
      expect.stringMatching(/^old releases were not removed: web2: the connection was lost/),
      expect.stringMatching(/^web2: the journal could not be closed: web2: the connection was lost/),
    ],
  });
  const { code, text } = await refusal(deploy(world.runtime, config, DEPLOY));
  expect(code).toBe('E_OPEN_TRANSACTION');
  expect(text).toContain('web1: prune done\nweb2: activate done');
  const back = await refusal(resume(elsewhere(world), config, { ...RESUME, abort: true }));
  expect(back.text).toContain('it is committed');
  expect((await resume(elsewhere(world), config, RESUME))?.outcome).toBe('committed');
  expect(await contents(world)).toEqual(['two', 'two']);
  expect((await readFile(world.at('counted'), 'utf8')).trim().split('\n')).toHaveLength(2);
  await restsWell(world);
  expect((await deploy(world.runtime, config, DEPLOY)).outcome).toBe('unchanged');
});

test('a rollback that one server has ended stays, also where that served its target before', async () => {
  let armed = false;
  let isEnding = false;
  /** From its end on web2 cannot be reached, except by what only writes its journal. */
  const cut = (script: string) => {
    const isEnd = script.includes('\nclose() {');
    isEnding ||= isEnd;
    return isEnding && (isEnd || !script.includes('make_room')) ? 'before' : null;
  };
  const world = await createWorld({
    servers: ['web1', 'web2'],
    transport: (server, plain) =>
      faultyTransport(plain, ({ stdin }) => (armed && server === 'web2' ? cut(String(stdin)) : null)),
  });
  for (const text of ['one', 'two']) {
    await world.write({ 'index.html': text });
    await world.deploy();
  }
  await world.write({ 'index.html': 'three' });
  await deploy(world.runtime, world.config, { ...DEPLOY, servers: ['web2'] });
  expect(await contents(world)).toEqual(['two', 'three']);
  const to = (await status(world.runtime, world.config, 'production', [])).servers[0]?.current;
  armed = true;
  const result = await rollback(world.runtime, world.config, { ...PLAIN, to: to ?? null });
  armed = false;
  expect(result.outcome).toBe('committed');
  expect((await resume(elsewhere(world), world.config, RESUME))?.outcome).toBe('committed');
  expect(await contents(world)).toEqual(['two', 'two']);
  await restsWell(world);
});

test('a server that stays under its policy is not taken back for one that was lost before its switch', async () => {
  let armed = false;
  let isLost = false;
  // From its switch on, only its lock can be given back.
  const cut = (script: string) => {
    isLost ||= script.includes('which cannot be entered');
    return isLost && !script.includes('make_room') ? 'before' : null;
  };
  const world = await createWorld({
    environment: { strategy: 'sequential', onFailure: 'revert-server' },
    transport: (server, plain) =>
      faultyTransport(plain, ({ stdin }) => (armed && server === 'web2' ? cut(String(stdin)) : null)),
  });
  await world.write({ 'index.html': 'one' });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  armed = true;
  const { outcome, servers } = await deploy(world.runtime, world.config, DEPLOY);
  armed = false;
  expect([outcome, ...servers.map((server) => server.outcome)]).toEqual([
    'stranded',
    'committed',
    'stranded',
    'compensated',
  ]);
  expect(await contents(world)).toEqual(['two', 'one', 'one']);
  const resumed = await resume(elsewhere(world), world.config, RESUME);
  expect(resumed?.servers.map((server) => server.outcome)).toEqual(['committed', 'committed', 'compensated']);
  expect(await contents(world)).toEqual(['two', 'two', 'one']);
  await restsWell(world);
});

test('what another run is just ending is not deployed once more', async () => {
  // Between the last step of a run and the end of its journal. It ends behind the next look, before what follows that.
  let end: (() => Promise<void>) | null = null;
  let scripts = 0;
  const world = await createWorld({
    servers: ['web1'],
    transport: (_, plain) => ({
      ...plain,
      connect: async (scope) =>
        eachScript(await plain.connect(scope), async () => {
          if (end !== null && ++scripts === 2) await end();
        }),
    }),
  });
  const { release } = await world.deploy();
  const held = await world.engine('web1').takeLock(lockRecord('somebody'), never);
  const plan = { version: 1, servers: [] };
  const opening = { type: 'opened', id: '20300101000000000-deploy-x', at: '', by: '', plan };
  await writeFile(world.at('web1', '.cutover/journals/open'), JSON.stringify(opening));
  end = async () => {
    await rm(world.at('web1', '.cutover/journals/open'));
    if (held.taken) await world.engine('web1').releaseLock(held.fence.generation, never);
  };
  expect(await world.deploy()).toMatchObject({ outcome: 'unchanged', release });
  expect((await world.seen('web1')).releases).toEqual([release]);
});

test('resume --abort takes back what was begun', async () => {
  const world = await openWorld();
  const result = await resume(elsewhere(world), world.config, { ...RESUME, abort: true });
  expect(result).toMatchObject({ outcome: 'compensated', interrupted: false });
  expect(await contents(world)).toEqual(['one', 'one']);
  await restsWell(world);
  expect((await world.deploy()).outcome).toBe('committed');
});

test('what was not done because of --abort is no failure, neither in the result nor for those who are told', async () => {
  const reasons: unknown[] = [];
  const options = {
    servers: ['web1'],
    environment: { hooks: [hookAt('before:activate'), hookAt('always')] },
    notify: ({ event, failure }: Notice) => void (event !== 'started' && reasons.push(['notice', failure])),
    hook: (at: HookPoint, { failure }: HookContext) => void (at === 'always' && reasons.push([at, failure])),
  };
  const world = await createWorld(options);
  let isOver = false;
  const emit: World['runtime']['emit'] = ({ type }) => {
    isOver ||= type === 'hook.begun';
    if (isOver) throw new Error('cut short');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, DEPLOY)).rejects.toThrow();
  reasons.length = 0;
  const result = await resume(elsewhere(world), world.config, { ...RESUME, abort: true });
  expect(result).toMatchObject({ outcome: 'compensated', servers: [{ failure: null }] });
  expect(reasons).toEqual([
    ['always', 'Somebody stopped it.'],
    ['notice', 'somebody asked to stop'],
  ]);
});

test('with nothing open there is nothing to resume', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.deploy();
  expect(await resume(elsewhere(world), world.config, RESUME)).toBeNull();
});

test('a changed configuration or source is refused, and can still be aborted', async () => {
  const world = await openWorld();
  const production = { ...world.config.environments.production!, keep: 9 };
  const changed = { ...world.config, environments: { production } };
  expect((await refusal(resume(world.runtime, changed, RESUME))).text).toContain(
    'the configuration has changed since',
  );
  await world.write({ 'index.html': 'three' });
  expect((await refusal(resume(world.runtime, world.config, RESUME))).text).toContain(
    'The source is not what release',
  );
  expect(await contents(world)).toEqual(['one', 'one']);
  expect((await resume(world.runtime, changed, { ...RESUME, abort: true }))?.outcome).toBe('compensated');
});

test('a journal that somebody wrote cannot make anything run, or name a path', async () => {
  const world = await openWorld();
  const file = world.at('web1', '.cutover/journals/open');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/"id":"[^"]*"/, '"id":"../../etc-deploy-x"'));
  const { text: refused } = await refusal(
    resume(world.runtime, { ...world.config, application: 'other' }, RESUME),
  );
  expect(refused).toContain('it belongs to shop');
  await writeFile(file, 'torn {"type":"opened"');
  expect((await resume(world.runtime, world.config, { ...RESUME, abort: true }))?.outcome).toBe(
    'compensated',
  );
});

test('what a run left open that was waited for is ended too, not only its lock', async () => {
  let meanwhile = async () => {};
  const world = await createWorld({
    servers: ['web1'],
    transport: (_, plain) => ({
      ...plain,
      connect: async (scope) => {
        let scripts = 0;
        return eachScript(await plain.connect(scope), () => (++scripts === 2 ? meanwhile() : null));
      },
    }),
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  const other = await world.engine('web1').takeLock(lockRecord('other'), never);
  meanwhile = async () => {
    meanwhile = async () => {};
    await world.engine('web1').releaseLock(other.taken ? other.fence.generation : '', never);
    expect(await cutShort(world, 4, (runtime) => deploy(runtime, world.config, DEPLOY))).toBe(true);
  };
  expect(await resume(elsewhere(world), world.config, RESUME)).toMatchObject({ outcome: 'committed' });
  expect(await contents(world)).toEqual(['two']);
  await restsWell(world);
});
