import { expect, test } from 'vitest';
import { builtIn } from './register.ts';

test('every built-in extension loads, and comes with parse and create', async () => {
  const names: string[] = [];
  for (const { api, name, transports, notifiers, hooks } of builtIn) {
    expect(api).toBe(1);
    names.push(name);
    for (const load of Object.values({ ...transports, ...notifiers, ...hooks })) {
      expect(await load()).toEqual({ parse: expect.any(Function), create: expect.any(Function) });
    }
  }
  expect(names).toEqual([...names].sort());
  expect(names).toContain('ssh2');
});
