import { expect, test } from 'vitest';
import { engineHere, never } from '../../testing/engineHere.ts';

test('a script may be longer than any command line', async () => {
  const here = await engineHere();
  const paths = Array.from(
    { length: 20_000 },
    (_, index) => `a/path/of/some/fifty/bytes/with a space in it/${index}`,
  );
  expect(paths.join(' ').length).toBeGreaterThan(900_000);
  const { shared } = await here.see(...paths);
  expect(Object.keys(shared)).toEqual(paths);
});

test.for([
  [`: ${'x'.repeat(200_000)}`, {}, 'it is longer than 131071 bytes'],
  ['true', { MESSAGE: 'x'.repeat(131_064) }, 'MESSAGE is longer than 131071 bytes'],
] as const)('a command that no server could start is refused, saying why', async ([run, variables, why]) => {
  const here = await engineHere();
  const request = {
    id: 'long',
    directory: here.path,
    timeoutMs: null,
    idleTimeoutMs: null,
    onLine: () => {},
  };
  await expect(here.engine.command(here.fence, { ...request, run, variables }, never)).rejects.toMatchObject({
    code: 'E_COMMAND',
    message: expect.stringContaining(why),
  });
});

test('one that is just not too long runs', async () => {
  const here = await engineHere();
  const request = { id: 'long', directory: here.path, timeoutMs: null, idleTimeoutMs: null };
  const lines: string[] = [];
  const run = `echo "\${#MESSAGE}" #`.padEnd(131_071, 'x');
  const variables = { MESSAGE: 'x'.repeat(131_063) };
  await here.engine.command(
    here.fence,
    { ...request, run, variables, onLine: (_, line) => lines.push(line) },
    never,
  );
  expect(lines).toEqual(['131063']);
});
