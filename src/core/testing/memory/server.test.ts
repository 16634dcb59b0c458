import { expect, test } from 'vitest';
import { rollback } from '../../operations/rollback.ts';
import { createWorld } from '../../operations/testing/world.ts';
import { sftpEngine } from '../../remote/sftp/index.ts';
import { linkTo, never, quietScope } from '../engineHere.ts';
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

test('behind a directory that may not be entered nothing is taken for absent', async () => {
  const { transport } = memoryServer();
  const sftp = await (await transport.connect(quietScope)).sftp!();
  await sftp.mkdir('/srv/closed', 0o600);
  await sftp.symlink('closed', '/srv/current');
  const engine = sftpEngine(linkTo(transport), '/srv');
  for (const path of ['closed/VERSION', 'current/VERSION']) {
    await expect(engine.read(path, never)).rejects.toMatchObject({
      code: 'E_REMOTE',
      message: expect.stringContaining('permission denied'),
    });
  }
  await sftp.symlink('loop', '/srv/loop');
  await sftp.appendFile('/srv/file', Buffer.from('1'), 0o644);
  for (const path of ['absent/VERSION', 'file/VERSION', 'loop']) {
    expect([path, await engine.read(path, never)]).toEqual([path, null]);
  }
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
