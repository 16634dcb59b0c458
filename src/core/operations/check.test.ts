import { expect, test } from 'vitest';
import { plainNotifier } from '../config/testing/plain.ts';
import { CutoverError } from '../contract/index.ts';
import { check } from './check.ts';
import { hookAt } from './testing/hooks.ts';
import { createWorld, type World } from './testing/world.ts';

const wrong = async ({ runtime, config }: Pick<World, 'runtime' | 'config'>) => {
  const { extensions, servers } = await check(runtime, config, 'production', []);
  const ofServers = servers.map(
    ({ name, findings }) => [name, findings.filter(({ level }) => level === 'error')] as const,
  );
  return { extensions, servers: Object.fromEntries(ofServers) };
};

test('what a hook says against a deployment is found, on the server it is about', async () => {
  const asked: string[] = [];
  const world = await createWorld({
    servers: ['web1', 'web2', 'web3'],
    environment: { hooks: [hookAt('after:activate'), hookAt('always', { on: 'first' })] },
    declares: {
      async refuse({ server, kind, revision, previous, override, readFile }) {
        asked.push(`${server} ${kind} ${revision?.slice(0, 7)} ${previous} ${override}`);
        if (server === 'web3') throw new Error('I cannot tell');
        const hold = await readFile('HOLD');
        return hold === null && server === 'web1' ? ['the market is open'] : [];
      },
    },
  });
  const refusal = {
    level: 'error',
    message: 'the market is open',
    fix: 'The hook spy refuses it. Where it is meant all the same: --override --reason TEXT',
    code: null,
  };
  expect(await wrong(world)).toEqual({
    extensions: [],
    servers: {
      web1: [refusal],
      web2: [],
      web3: [expect.objectContaining({ level: 'error', message: expect.stringContaining('I cannot tell') })],
    },
  });
  expect(asked.filter((each) => each.startsWith('web1'))).toEqual(
    Array.from({ length: 2 }, () => 'web1 deploy sha256: null null'),
  );
});

test('a secret that is not to be had is an error where a hook needs it, and a warning for a notifier', async () => {
  const world = await createWorld({
    servers: ['web1'],
    environment: {
      hooks: [
        hookAt('always', { secrets: [{ env: 'TOKEN' }] }),
        hookAt('onFailure', { secrets: [{ env: 'TOKEN' }] }),
      ],
      notify: [plainNotifier('spy', { secrets: [{ env: 'URL' }] })],
    },
  });
  const runtime: typeof world.runtime = {
    ...world.runtime,
    async secret(reference) {
      throw new CutoverError('E_CONFIG', `${'env' in reference && reference.env} is not set.`, {
        hint: 'Set it.',
      });
    },
  };
  const { extensions } = await wrong({ runtime, config: world.config });
  expect(extensions).toEqual([
    { level: 'error', message: 'the hook spy: TOKEN is not set.', fix: 'Set it.', code: 'E_CONFIG' },
    { level: 'warning', message: 'the notifier spy: URL is not set.', fix: 'Set it.', code: 'E_CONFIG' },
  ]);
});

test('who stops it while a hook is asked gets no findings of that', async () => {
  const world: World = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('after:activate')] },
    declares: {
      async refuse({ signal }) {
        world.cancel.abort();
        signal.throwIfAborted();
        return [];
      },
    },
  });
  await expect(wrong(world)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});
