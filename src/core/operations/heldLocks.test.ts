import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import type { NewPassing } from '../journal/events.ts';
import type { Fact } from '../journal/facts.ts';
import type { Journal } from '../journal/journal.ts';
import type { Engine } from '../remote/engine.ts';
import { holdLocks } from './heldLocks.ts';
import type { Runtime } from './runtime.ts';

const MESSAGE = 'the lock was lost while this ran: another deployer took it';

/** A lock that is lost with the first sign of life; `lost` resolves with what was told of that. */
function held(journal: Pick<Journal, 'facts'> | null) {
  const engine: Pick<Engine, 'beat' | 'releaseLock'> = {
    beat: () => Promise.reject(new CutoverError('E_FENCED', 'web1: another deployer took it')),
    releaseLock: async () => ({ released: false, current: 'releases/1' }),
  };
  const told = Promise.withResolvers<NewPassing | Parameters<Journal['append']>[0]>();
  const runtime = {
    now: () => new Date(0),
    emit: (event: NewPassing) => told.resolve(event),
  } as Partial<Runtime> as Runtime;
  const begin = Promise.withResolvers<void>();
  const locks = {
    fences: new Map([['web1', { generation: 'g-000001', record: 'r' }]]),
    nonce: 'n',
    seen: new Map(),
  };
  const group = { engines: new Map([['web1', engine as Engine]]) };
  const holding = holdLocks(runtime, group, locks, { sleep: () => begin.promise });
  if (journal !== null) {
    const append: Journal['append'] = (fact) => {
      told.resolve(fact);
      return Promise.reject(new Error('disk full'));
    };
    holding.writeTo({ ...journal, append });
  }
  begin.resolve();
  return { holding, lost: told.promise };
}

test.for([
  ['there is a journal', null],
  ['anything is in it', { facts: () => [] }],
] as const)('a lock that is lost before %s is told in the story', async ([, journal]) => {
  const { lost } = held(journal);
  expect(await lost).toEqual({
    type: 'log',
    server: 'web1',
    message: MESSAGE,
    at: '1970-01-01T00:00:00.000Z',
  });
});

test('one that is lost later is a problem of the run, and a journal that cannot take it ends nothing', async () => {
  const { holding, lost } = held({ facts: () => [{ type: 'cancelled' } as Fact] });
  expect(await lost).toEqual({ type: 'problem', server: 'web1', message: MESSAGE });
  expect(await holding.release()).toEqual([
    { server: 'web1', current: 'releases/1', problem: 'web1: the lock was taken over by somebody else' },
  ]);
});
