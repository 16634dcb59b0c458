import { mkdir, rename, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { plainServer } from '../config/testing/plain.ts';
import { localTransport } from '../testing/localConnection.ts';
import { deploy } from './deploy.ts';
import { lock } from './lock.ts';
import { createWorld } from './testing/world.ts';

const ASK = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

test('two entries that lead to one place are refused by their names, and no lock stays', async () => {
  const world = await createWorld();
  await mkdir(world.at('web3'), { recursive: true });
  await symlink(world.at('web3'), world.at('web1'));
  const refused = {
    code: 'E_REFUSED',
    message: `web1 and web3 lead to the same place, ${world.at('web3')}. Nothing was touched.`,
    hint: expect.stringContaining('a path of its own'),
  };
  await expect(world.deploy()).rejects.toMatchObject(refused);
  expect(await world.seen('web3')).toMatchObject({ current: null, releases: [], lock: 'released' });
  // Where locks exist they are tried for before the plan.
  await expect(world.deploy()).rejects.toMatchObject(refused);
  const byHand = { environment: 'production', servers: [], message: 'mine' };
  await expect(lock(world.runtime, world.config, byHand)).rejects.toMatchObject(refused);
  for (const server of world.servers) expect((await world.seen(server)).lock ?? 'released').toBe('released');
});

test('a link that was set while both were servers of their own is found, too', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await world.deploy();
  await rename(world.at('web1'), world.at('away'));
  await symlink(world.at('web2'), world.at('web1'));
  await world.write({ 'index.html': 'two' });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('web1 and web2 lead to the same place'),
  });
});

test('two targets at different paths of one server are two', async () => {
  const transport = localTransport();
  const world = await createWorld({ servers: ['web1', 'web2'], transport: () => transport });
  const production = world.config.environments.production!;
  const at = (name: string) => plainServer(name, world.at('host', name), { options: 'web1' });
  const config = {
    ...world.config,
    environments: { production: { ...production, servers: [at('shop'), at('admin')] } },
  };
  const result = await deploy(world.runtime, config, ASK);
  expect(result).toMatchObject({
    outcome: 'committed',
    servers: [
      { name: 'shop', current: result.release },
      { name: 'admin', current: result.release },
    ],
  });
  expect(await deploy(world.runtime, config, ASK)).toMatchObject({ outcome: 'unchanged' });
});
