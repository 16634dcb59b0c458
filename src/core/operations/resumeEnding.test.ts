import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eachScript } from '../testing/eachScript.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { contents, counting, DEPLOY, elsewhere, PLAIN, RESUME, refusal, restsWell } from './testing/lives.ts';
import { createWorld, type World } from './testing/world.ts';

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
