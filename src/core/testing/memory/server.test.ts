import { expect, test } from 'vitest';
import { rollback } from '../../operations/rollback.ts';
import { createWorld } from '../../operations/testing/world.ts';
import { transportCases } from '../transportConformance.ts';
import { memoryServer } from './server.ts';

const server = memoryServer();
const down = memoryServer();
down.setDown(true);

const ROLLBACK = { environment: 'production', to: null, servers: [] };

const cases = transportCases({
  has: ['sftp'],
  transport: () => server.transport,
  unreachable: () => down.transport,
  directory: () => '/srv',
  cut: () => server.cut(),
});

test('there are cases', () => expect(cases.length).toBeGreaterThan(20));
for (const { name, run } of cases) test(name, run);

test('it can be deployed to, and rolled back', async () => {
  const site = memoryServer();
  const world = await createWorld({ servers: ['web1'], transport: () => site.transport });
  for (const text of ['one', 'two']) {
    await world.write({ 'index.html': text });
    expect((await world.deploy()).outcome).toBe('committed');
    expect(site.read(world.at('web1', 'current/index.html'))).toBe(text);
  }
  const result = await rollback(world.runtime, world.config, ROLLBACK);
  expect(result.outcome).toBe('committed');
  expect(site.readlink(world.at('web1', 'current'))).toBe(`releases/${result.release}`);
  expect(site.read(world.at('web1', 'current/index.html'))).toBe('one');
});

test('a full disk leaves what was served', async () => {
  const site = memoryServer({ capacityBytes: 1_000_000 });
  const world = await createWorld({ servers: ['web1'], transport: () => site.transport });
  await world.write({ 'index.html': 'one' });
  await world.deploy();
  await world.write({ 'index.html': 'x'.repeat(2_000_000) });
  await expect(world.deploy()).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(site.read(world.at('web1', 'current/index.html'))).toBe('one');
});
