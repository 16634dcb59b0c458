import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { contend } from './testing/contention.ts';

test('of twenty who take a free lock at once exactly one wins, and keeps it', async () => {
  expect(await contend({ rounds: 20, takers: 20, lock: 'fresh' })).toEqual({
    rounds: 20,
    wrongRounds: 0,
    lostRounds: 0,
  });
}, 60_000);

test('of twelve who take over from a dead run exactly one wins, and nobody else takes it away', async () => {
  expect(await contend({ rounds: 15, takers: 12, lock: 'stale' })).toEqual({
    rounds: 15,
    wrongRounds: 0,
    lostRounds: 0,
  });
}, 60_000);

test('the same count finds several winners where a stale lock is deleted and made anew', async () => {
  const { wrongRounds } = await contend({
    rounds: 8,
    takers: 12,
    lock: 'stale',
    async take(engines, taker, path) {
      const engine = engines.get('web1')!;
      const record = lockRecord(taker);
      const tried = () => engine.takeLock(record, never).catch(() => null);
      const found = await tried();
      if (found?.taken === false)
        await rm(join(path, '.cutover', 'locks', found.generation), { force: true });
      const attempt = found?.taken ? found : await tried();
      if (!attempt?.taken) throw new CutoverError('E_LOCKED', 'too late');
      return { fences: new Map([['web1', attempt.fence]]), nonce: taker, seen: new Map() };
    },
  });
  expect(wrongRounds).toBeGreaterThan(0);
}, 60_000);
