import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { deploy, planFor } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { worldWithAway } from './testing/away.ts';
import type { World } from './testing/world.ts';

const ASK = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

test('servers out of reach, as many as are allowed, are left behind; result and ledger say so', async () => {
  const world = await worldWithAway({ environment: { maxUnreachable: 1 } });
  const first = await world.deploy();
  await world.write({ 'index.html': 'two' });
  world.away.set('web2', 'E_UNREACHABLE');
  const second = await world.deploy();
  expect(second).toMatchObject({
    outcome: 'committed',
    servers: [
      { name: 'web1', outcome: 'committed', current: second.release },
      { name: 'web3', outcome: 'committed', current: second.release },
    ],
    problems: [
      'web2: it could not be reached and was left out; when it is back: cutover catch-up production --server web2',
    ],
  });
  expect((await world.seen('web2')).current).toBe(`releases/${first.release}`);
  for (const server of ['web1', 'web3'])
    expect(await readFile(world.at(server, '.cutover/ledger'), 'utf8')).toMatch(
      /"state":"succeeded"[^\n]*"absent":\["web2"\]\}\n$/,
    );
  expect(world.events).toContainEqual(
    expect.objectContaining({ type: 'log', server: 'web2', message: 'Left out: web2: no way to it' }),
  );
  // What there is not to do is no failure either.
  expect(await world.deploy()).toMatchObject({
    outcome: 'unchanged',
    problems: [expect.stringMatching(/^web2/)],
  });
});

test.for([
  ['more than are allowed', 1, ['web1', 'web3'], 'E_TIMEOUT', /2 servers are out of reach, and 1 may be/],
  ['all of them', 5, ['web1', 'web2', 'web3'], 'E_UNKNOWN', /No server can be reached/],
  [
    'one that nobody consented to',
    0,
    ['web2'],
    'E_UNREACHABLE',
    /^Nothing was touched\. web2: no way to it$/,
  ],
  [
    'one whose login is refused',
    1,
    ['web2'],
    'E_AUTHENTICATION',
    /^Nothing was touched\. web2: no way to it$/,
  ],
  ['one whose host key is another', 1, ['web2'], 'E_HOST_KEY', /^Nothing was touched\. web2: no way to it$/],
] as const)('%s stop all, and nothing is touched', async ([, maxUnreachable, servers, code, message]) => {
  const world = await worldWithAway();
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  for (const server of servers) world.away.set(server, code);
  const before = await Promise.all(world.servers.map((server) => world.seen(server)));
  const refused = { code, message: expect.stringMatching(message) };
  const request = { ...ASK, maxUnreachable };
  await expect(deploy(world.runtime, world.config, request)).rejects.toMatchObject(refused);
  await expect(planFor(world.runtime, world.config, request)).rejects.toMatchObject(refused);
  await expect(rollback(world.runtime, world.config, { ...request, to: null })).rejects.toMatchObject(
    refused,
  );
  expect(await Promise.all(world.servers.map((server) => world.seen(server)))).toEqual(before);
});

test('what the consent would be is said where one could be given', async () => {
  const world = await worldWithAway();
  world.away.set('web2', 'E_UNREACHABLE');
  await expect(world.deploy()).rejects.toMatchObject({
    hint: expect.stringContaining('--max-unreachable 1'),
  });
});

test('a saved plan runs as it was saved: who was left out stays out', async () => {
  const world = await worldWithAway();
  const first = await world.deploy();
  await world.write({ 'index.html': 'two' });
  world.away.set('web2', 'E_UNREACHABLE');
  const saved = await planFor(world.runtime, world.config, { ...ASK, maxUnreachable: 1 });
  expect(saved).toMatchObject({
    absent: [{ name: 'web2', why: 'unreachable' }],
    servers: [{ name: 'web1' }, { name: 'web3' }],
  });
  world.away.clear();
  const result = await deploy(world.runtime, world.config, { ...ASK, saved });
  expect(result).toMatchObject({ outcome: 'committed', problems: [expect.stringMatching(/^web2/)] });
  expect((await world.seen('web2')).current).toBe(`releases/${first.release}`);
});

test('a saved plan needs every server that it names', async () => {
  const world = await worldWithAway({ environment: { maxUnreachable: 2 } });
  const saved = await planFor(world.runtime, world.config, ASK);
  world.away.set('web2', 'E_UNREACHABLE');
  await expect(deploy(world.runtime, world.config, { ...ASK, saved })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
  });
});

test('a rollback leaves servers out by consent', async () => {
  const world = await worldWithAway();
  const first = await world.deploy();
  await world.write({ 'index.html': 'two' });
  const second = await world.deploy();
  world.away.set('web3', 'E_UNREACHABLE');
  const request = { environment: 'production', to: null, servers: [], maxUnreachable: 1 };
  expect(await rollback(world.runtime, world.config, request)).toMatchObject({
    outcome: 'committed',
    release: first.release,
    problems: [expect.stringMatching(/^web3/)],
  });
  expect((await world.seen('web3')).current).toBe(`releases/${second.release}`);
});

test('a transaction that left a server out is resumed without it, and with nobody else missing', async () => {
  const world = await worldWithAway({ environment: { maxUnreachable: 1 } });
  world.away.set('web2', 'E_UNREACHABLE');
  const emit: World['runtime']['emit'] = (event) => {
    if (event.type === 'step.done' && event.step === 'linkRelease') throw new Error('cut short');
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, ASK)).rejects.toThrow();
  const request = { environment: 'production', servers: [], abort: false, lockWaitMs: 0 };
  world.away.set('web3', 'E_UNREACHABLE');
  await expect(resume(world.runtime, world.config, request)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  world.away.delete('web3');
  expect(await resume(world.runtime, world.config, request)).toMatchObject({
    outcome: 'committed',
    problems: [expect.stringMatching(/^web2/)],
  });
});
