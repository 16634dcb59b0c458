import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { makeSecret } from './makeSecret.ts';

test('a secret shows itself only when asked by name', () => {
  const secret = makeSecret('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  const texts = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect({ secret }), `${[secret]}`];
  expect(texts.join(' ')).not.toContain('hunter2');
  expect(`${secret}`).toBe('***');
  expect(inspect(secret, { showHidden: true })).toBe('***');
});
