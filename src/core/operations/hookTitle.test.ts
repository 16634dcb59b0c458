import { expect, test } from 'vitest';
import { hookAt } from './testing/hooks.ts';
import { createWorld } from './testing/world.ts';

test('people read the title of a program in place of a script, also when it fails', async () => {
  const world = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('before:activate')] },
    hook: async (_, { command }) => {
      await command!({ argv: ['sh', '-c', 'a long script; exit 3'], title: 'reload it' });
    },
  });
  const { servers } = await world.deploy();
  const run = world.events.flatMap((event) => (event.type === 'command' ? [event.run] : []));
  expect(run).toEqual(['reload it']);
  expect(servers[0]?.failure?.message).toContain('the command "reload it"');
  expect(servers[0]?.failure?.message).not.toContain('a long script;');
});
