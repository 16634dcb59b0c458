import { expect, test } from 'vitest';
import { scopeFor } from './scope.ts';
import { createWorld } from './testing/world.ts';

test('an extension gets the secrets that stand in its own options, and no others', async () => {
  const { runtime, config } = await createWorld();
  const asked: unknown[] = [];
  const secret = { reveal: () => 'x', toString: () => '***', toJSON: () => '***' };
  const knowing = {
    ...runtime,
    async secret(reference: unknown) {
      asked.push(reference);
      return secret;
    },
  };
  const own = { env: 'OWN' };
  const scope = scopeFor(knowing, config, { what: 'the hook spy', secrets: [own], server: null });
  expect(await scope.secret({ env: 'OWN' })).toBe(secret);
  for (const foreign of [{ env: 'PATH' }, { file: 'OWN' }, { command: 'id' }, null, 'OWN']) {
    await expect(scope.secret(foreign as { env: string })).rejects.toMatchObject({
      code: 'E_PLUGIN',
      message: 'the hook spy asked for a secret that does not stand in its options.',
    });
  }
  expect(asked).toEqual([own]);
});
