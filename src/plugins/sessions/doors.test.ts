import { expect, test } from 'vitest';
import { atDoor } from './doors.ts';

/** Logins that stay under way until they are let in. */
function guests(host: string, count: number) {
  let underWay = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const all = Array.from({ length: count }, () =>
    atDoor(host, 22, async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise<void>((resolve) => waiting.push(resolve));
      underWay -= 1;
    }),
  );
  const letIn = async () => {
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    for (const each of waiting.splice(0)) each();
  };
  return { all, letIn, underWay: () => underWay, most: () => most };
}

test('no more than eight log in at one door at a time, and all come in', async () => {
  const { all, letIn, most } = guests('bastion.example.com', 20);
  for (let round = 0; round < 3; round++) await letIn();
  await Promise.all(all);
  expect(most()).toBe(8);
});

test('who logs in elsewhere does not wait, and a login that fails keeps nobody out', async () => {
  const here = guests('one.example.com', 8);
  await expect(
    atDoor('two.example.com', 22, async () => {
      throw new Error('refused');
    }),
  ).rejects.toThrow('refused');
  expect(await atDoor('two.example.com', 22, async () => 'in')).toBe('in');
  await here.letIn();
  await Promise.all(here.all);
});
