import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Config } from '../config/types.ts';
import type { Source } from '../contract/index.ts';
import { check } from './check.ts';
import { deploy, planFor } from './deploy.ts';
import { withinSourceDeadline } from './sourceDeadline.ts';
import { createWorld, PLAIN } from './testing/world.ts';

const REQUEST = { ...PLAIN, lockWaitMs: 0 };

async function worldWithin(deadlineMs: number | null, fetch: Source['fetch']) {
  const world = await createWorld({ servers: ['web1'], fetch });
  return { ...world, config: allowing(world.config, deadlineMs) };
}

function allowing(config: Config, deadlineMs: number | null): Config {
  return config.source.type === 'plugin' ? { ...config, source: { ...config.source, deadlineMs } } : config;
}

/** Heeds its signal, as `fetch` does. */
const untilTold = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

afterEach(() => void vi.useRealTimers());

test('a source that hangs is told to end at its deadline, with nothing touched, whoever asks', async () => {
  const { runtime, config, at } = await worldWithin(20, (_, { signal }) => untilTold(signal));
  const message = 'The source spy did not end within 0.02 s';
  const hint = 'Where it needs longer, that is said beside its name: source: { spy: { … }, deadline: 1m }';
  const late = { code: 'E_SOURCE', message, hint };
  await expect(planFor(runtime, config, REQUEST)).rejects.toMatchObject(late);
  const { source } = await check(runtime, config, 'production', []);
  expect(source).toEqual([{ level: 'error', code: 'E_SOURCE', message, fix: hint }]);
  await expect(deploy(runtime, config, REQUEST)).rejects.toMatchObject(late);
  expect(await readdir(dirname(at('web1')))).not.toContain('web1');
});

test('its lock is given back, and what was served is', async () => {
  let isStuck = false;
  const { runtime, config, seen } = await worldWithin(60_000, async ({ directory }, { signal }) => {
    if (isStuck) await untilTold(signal);
    await writeFile(join(directory, 'index.html'), 'one');
    return { revision: '1.0' };
  });
  await deploy(runtime, config, REQUEST);
  const before = await seen('web1');
  isStuck = true;
  await expect(deploy(runtime, allowing(config, 20), REQUEST)).rejects.toMatchObject({ code: 'E_SOURCE' });
  expect(await seen('web1')).toEqual(before);
  expect(before.lock).toBe('released');
});

test('what it gives once it was told to end may be half of it, and is not deployed', async () => {
  const { runtime, config, at } = await worldWithin(20, async ({ directory }, { signal }) => {
    await untilTold(signal).catch(() => {});
    await writeFile(join(directory, 'index.html'), 'half');
    return { revision: '1.0' };
  });
  await expect(deploy(runtime, config, REQUEST)).rejects.toMatchObject({ code: 'E_SOURCE' });
  expect(await readdir(dirname(at('web1')))).not.toContain('web1');
});

test('what it waited for is told, if it says so', async () => {
  const waiting = (signal: AbortSignal) =>
    untilTold(signal).catch(() => {
      throw new Error('the registry does not answer');
    });
  const reading = withinSourceDeadline('spy', { deadlineMs: 20, cancel: never }, waiting);
  await expect(reading).rejects.toMatchObject({
    message: 'The source spy did not end within 0.02 s: the registry does not answer',
  });
});

test('one that heeds no signal is given up, and what it throws later is nobody’s', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  for (const [deadlineMs, code] of [
    [20, 'E_SOURCE'],
    [60_000, 'E_INTERRUPTED'],
  ] as const) {
    const deaf = Promise.withResolvers<never>();
    const cancel = new AbortController();
    const limits = { deadlineMs, cancel: cancel.signal, graceMs: 20 };
    const reading = withinSourceDeadline('spy', limits, () => deaf.promise);
    if (code === 'E_INTERRUPTED') cancel.abort();
    await expect(reading).rejects.toMatchObject({ code });
    deaf.reject(new Error('much too late'));
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});

test('who was interrupted is not told of a deadline that passes afterwards', async () => {
  const cancel = new AbortController();
  const reading = withinSourceDeadline(
    'spy',
    { deadlineMs: 20, cancel: cancel.signal, graceMs: 200 },
    () => new Promise(() => {}),
  );
  cancel.abort();
  await expect(reading).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});

test('it has half an hour where nothing else is said', async () => {
  vi.useFakeTimers();
  let error: unknown = null;
  const reading = withinSourceDeadline('spy', { deadlineMs: null, cancel: never }, untilTold);
  const ended = reading.catch((reason: unknown) => {
    error = reason;
  });
  await vi.advanceTimersByTimeAsync(30 * 60_000 - 1);
  expect(error).toBe(null);
  await vi.advanceTimersByTimeAsync(1);
  await ended;
  expect(error).toMatchObject({
    message: 'The source spy did not end within 1800 s',
    hint: expect.stringContaining('deadline: 60m'),
  });
});

test('a saved plan runs with another deadline: the files are the same', async () => {
  const { runtime, config } = await worldWithin(60_000, async ({ directory }) => {
    await writeFile(join(directory, 'index.html'), 'one');
    return { revision: '1.0' };
  });
  const saved = await planFor(runtime, config, REQUEST);
  const longer = allowing(config, 120_000);
  expect(await deploy(runtime, longer, { ...REQUEST, saved })).toMatchObject({ outcome: 'committed' });
});

const never = new AbortController().signal;
