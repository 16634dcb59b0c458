import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { HookContext, HookPoint, Notice } from '../contract/index.ts';
import { eachScript } from '../testing/eachScript.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { hookAt } from './testing/hooks.ts';
import {
  contents,
  cutShort,
  DEPLOY,
  elsewhere,
  openWorld,
  PLAIN,
  RESUME,
  refusal,
  restsWell,
} from './testing/lives.ts';
import { command, createWorld, type World } from './testing/world.ts';

test('a new deployment or rollback on an open transaction is refused, saying which, by whom, and what to type', async () => {
  const world = await openWorld();
  const { code, text } = await refusal(deploy(world.runtime, world.config, DEPLOY));
  expect(code).toBe('E_OPEN_TRANSACTION');
  expect(text).toMatch(/An earlier deployment is open: release \d{14}, by me@here, begun 20/);
  expect(text).toMatch(
    /The last that each server has written down; more may be done there:\nweb1: \w+ \w+\nweb2: /,
  );
  expect(text).toContain('cutover resume production --abort');
  const back = await refusal(rollback(world.runtime, world.config, { ...PLAIN, to: null }));
  expect(back.code).toBe('E_OPEN_TRANSACTION');
  expect(await contents(world)).toEqual(['one', 'one']);
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

test('a command that an earlier run began is said to be attached to, and one that it did not begin is not', async () => {
  const first = 'echo one >>ran\necho done';
  const second = 'echo two >>ran';
  const world = await createWorld({
    servers: ['web1'],
    environment: { commands: { postUpload: [command(first), command(second)], postLaunch: [] } },
  });
  const emit: World['runtime']['emit'] = (event) => {
    const isSecond = event.type === 'command' && event.run === second;
    if (isSecond || event.type === 'step.failed') throw new Error('cut short');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, DEPLOY)).rejects.toThrow('cut short');
  await resume(elsewhere(world), world.config, RESUME);
  const isTold = ({ type }: { type: string }) => ['command', 'output', 'log'].includes(type);
  const message =
    'Attached to "echo one >>ran…", which an earlier run began. What it has printed since then comes first.';
  expect(world.events.filter(isTold)).toMatchObject([
    { type: 'command', run: first },
    { type: 'log', server: 'web1', message },
    { type: 'output', line: 'done' },
    { type: 'command', run: second },
  ]);
  expect(await readFile(world.at('web1', 'current', 'ran'), 'utf8')).toBe('one\ntwo\n');
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
