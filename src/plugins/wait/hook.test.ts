import { expect, test } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const create = (raw: Json, scope = fakeScope()) => hook.create(hook.parse(raw), scope);

test('the time passes, and what is left of it is told', async () => {
  const scope = fakeScope();
  const startedMs = performance.now();
  await create({ for: '50ms', every: '20ms' }).run(fakeHookContext({}, scope));
  // Timers may fire a little early.
  expect(performance.now() - startedMs).toBeGreaterThan(45);
  expect(scope.lines).toEqual(['waiting for 50 ms', '30 ms left', '10 ms left']);
});

test('the signal ends it', async () => {
  const stop = new AbortController();
  const scope = fakeScope({ signal: stop.signal });
  const waiting = create({ for: '1h' }).run(fakeHookContext({}, scope));
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('its deadline is behind its end, and a resumed one waits again', () => {
  const { deadlineMs, interrupted } = create({ for: '1h' });
  expect(interrupted).toBe('again');
  expect(deadlineMs).toBeGreaterThan(3_600_000);
});

test.each([[{}], [{ for: 'a while' }], [{ for: 0 }], [{ for: 30, until: 'noon' }]])(
  '%j is refused',
  (raw) => {
    expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
  },
);
