import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import type { Engine, Fence } from '../remote/engine.ts';
import { keepLocks } from './keep.ts';

const fence: Fence = { generation: 'g-000001', record: 'r' };

/** Beats that are answered one after the other with what stands in the list, then well. */
function kept(answers: Readonly<Record<string, readonly (CutoverError | 'hang')[]>>) {
  const beats: string[] = [];
  const lost: string[] = [];
  const waits: { readonly ms: number; readonly pass: () => void }[] = [];
  const engines = Object.entries(answers).map(([server, list]) => {
    const left = [...list];
    const engine: Pick<Engine, 'beat'> = {
      async beat(_, signal) {
        beats.push(server);
        const answer = left.shift();
        if (answer === 'hang')
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        else if (answer !== undefined) throw answer;
      },
    };
    return [server, engine as Engine] as const;
  });
  const keeping = keepLocks(new Map(engines), new Map(engines.map(([server]) => [server, fence])), {
    everyMs: 7,
    onLost: (server, error) => lost.push(`${server}: ${error.message}`),
    sleep: (ms, signal) =>
      new Promise((pass, reject) => {
        signal.throwIfAborted();
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        waits.push({ ms, pass });
      }),
  });
  /** The time of all who wait passes. */
  const tick = async () => {
    for (const { pass } of waits.splice(0)) pass();
    await new Promise(setImmediate);
  };
  return { keeping, beats, lost, waits, tick };
}

test('a sign of life goes to every server, time after time, and none after the end', async () => {
  const { keeping, beats, tick, waits } = kept({ web1: [], web2: [] });
  expect(beats).toEqual([]);
  await tick();
  await tick();
  expect(beats).toEqual(['web1', 'web2', 'web1', 'web2']);
  expect(waits.map(({ ms }) => ms)).toEqual([7, 7]);
  await keeping.stop();
  await tick();
  expect(beats).toHaveLength(4);
});

test('a connection that is lost is tried again, and a lock that is lost is told once', async () => {
  const { keeping, beats, lost, tick } = kept({
    web1: [new CutoverError('E_UNREACHABLE', 'gone'), new CutoverError('E_DISK_FULL', 'full')],
    web2: [new CutoverError('E_FENCED', 'another deployer took it')],
  });
  await tick();
  await tick();
  await tick();
  expect(beats).toEqual(['web1', 'web2', 'web1', 'web1']);
  expect(lost).toEqual(['web2: another deployer took it']);
  await keeping.stop();
});

test('the end does not wait for a server that says nothing', async () => {
  const { keeping, beats, tick, lost } = kept({ web1: ['hang'] });
  await tick();
  expect(beats).toEqual(['web1']);
  await keeping.stop();
  expect(lost).toEqual([]);
});
