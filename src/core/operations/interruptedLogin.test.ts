import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Transport } from '../contract/index.ts';
import { type FaultyTransport, faultyTransport } from '../testing/faultyConnection.ts';
import { stuckTransport } from '../testing/stuckTransport.ts';
import { check } from './check.ts';
import { planFor } from './deploy.ts';
import { lock } from './lock.ts';
import { probe } from './probe/probe.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { createWorld, PLAIN, type World } from './testing/world.ts';

const environment = 'production';
const operations: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  status: ({ runtime, config }) => status(runtime, config, environment, []),
  check: ({ runtime, config }) => check(runtime, config, environment, []),
  plan: ({ runtime, config }) => planFor(runtime, config, PLAIN),
  deploy: (world) => world.deploy(),
  rollback: ({ runtime, config }) => rollback(runtime, config, { environment, servers: [], to: null }),
  lock: ({ runtime, config }) => lock(runtime, config, { environment, servers: [], message: 'not now' }),
  'transport probe': ({ runtime, config }) => probe(runtime, config, environment, []),
};

/** Servers that were deployed to once, the last of which lets nobody in any more. */
async function worldWithStuck() {
  let isStuck = false;
  let stuck: ReturnType<typeof stuckTransport> | null = null;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    transport(server, plain): Transport {
      if (server === 'web1') return plain;
      stuck = stuckTransport(plain.connect);
      const { transport } = stuck;
      return { address: 'there', connect: (scope) => (isStuck ? transport : plain).connect(scope) };
    },
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  isStuck = true;
  return { world, stuck: stuck! as ReturnType<typeof stuckTransport> };
}

test.for(Object.keys(operations))('%s ends when it is stopped while somebody is logged in', async (name) => {
  const { world, stuck } = await worldWithStuck();
  const before = await world.seen('web1');
  const running = expect(operations[name]!(world)).rejects.toMatchObject({
    code: 'E_INTERRUPTED',
    message: 'Interrupted; nothing was touched.',
  });
  await stuck.begun(1);
  world.cancel.abort();
  await running;
  expect(stuck.logins.map(({ signal }) => signal.aborted)).toEqual([true]);
  expect(await world.seen('web1')).toEqual(before);
});

test('a lock that was got meanwhile is given back when a deployment is stopped while it logs in', async () => {
  const { world, stuck } = await worldWithStuck();
  const running = expect(world.deploy()).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  await stuck.begun(1);
  while ((await world.seen('web1')).lock === 'released') await delay(20);
  world.cancel.abort();
  await running;
  expect((await world.seen('web1')).lock).toBe('released');
});

test('what takes back logs in again, although the wish to stop came before', async () => {
  let isCut = false;
  let line: FaultyTransport | null = null;
  const world = await createWorld({
    servers: ['web1'],
    hook(at) {
      if (at !== 'before:activate') return;
      isCut = true;
      world.cancel.abort();
    },
    transport(_, plain) {
      line = faultyTransport(plain, () => {
        const cut = isCut ? 'before' : null;
        isCut = false;
        return cut;
      });
      return line;
    },
  });
  const result = await world.deploy();
  expect({ outcome: result.outcome, interrupted: result.interrupted, problems: result.problems }).toEqual({
    outcome: 'compensated',
    interrupted: true,
    problems: [],
  });
  expect(line!.counts.connects).toBe(2);
  expect(await world.seen('web1')).toMatchObject({ current: null, releases: [], lock: 'released' });
});
