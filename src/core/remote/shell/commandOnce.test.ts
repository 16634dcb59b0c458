import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { running } from '../../testing/commandHere.ts';
import { engineHere, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';

test('who asks for the same run attaches to it, during it and after it', async () => {
  const here = await engineHere();
  const run = 'echo x >>count; echo first; until [ -e go ]; do sleep 0.02; done; echo last; exit 7';
  const first = running(here, run, {
    onLine: (_, line) => line === 'first' && begun.resolve(),
    onAttached: () => attached.push('first'),
  });
  const begun = Promise.withResolvers<void>();
  const attached: string[] = [];
  first.done.catch(() => {});
  await begun.promise;
  const { running: ids } = await here.see();
  expect(ids).toEqual(['try']);
  const second = running(here, run, { onAttached: () => attached.push('second') });
  second.done.catch(() => {});
  await writeFile(here.at('go'), '');
  await expect(first.done).rejects.toMatchObject({ code: 'E_COMMAND' });
  await expect(second.done).rejects.toMatchObject({ message: expect.stringMatching(/exit status 7: last$/) });
  const third = running(here, run, { onAttached: () => attached.push('third') });
  await expect(third.done).rejects.toMatchObject({ message: expect.stringMatching(/exit status 7: last$/) });
  const both = ['first', 'last'].map((line) => ['stdout', line]);
  expect(attached).toEqual(['second', 'third']);
  expect([second.lines, third.lines]).toEqual([both, both]);
  expect(await readFile(here.at('count'), 'utf8')).toBe('x\n');
  expect((await here.see()).running).toEqual([]);
});

test('where nobody can write down that a command begins, it does not begin, and that is told at once', async () => {
  const here = await engineHere();
  const full = await pathWith({ ln: 'echo "ln: No space left on device" >&2; exit 1' });
  const transport = localTransport({ env: { ...process.env, PATH: full } });
  const { done } = running(here, 'echo x >>begun', {}, { transport });
  await expect(done).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringContaining('could not be started: ln: No space left on device'),
  });
  expect(await readdir(here.path)).not.toContain('begun');
});

test('of ten that start the same run at once, one does', async () => {
  // All have looked whether it is there before the first one makes it.
  const slow = await pathWith({ mkdir: 'sleep 0.5; exec /bin/mkdir "$@"' });
  const here = await engineHere();
  const transport = localTransport({ env: { ...process.env, PATH: slow } });
  const run = 'echo x >>count; sleep 0.2; cat count';
  const all = Array.from({ length: 10 }, () => running(here, run, {}, { transport }));
  await Promise.all(all.map(({ done }) => done));
  for (const { lines } of all) expect(lines).toEqual([['stdout', 'x']]);
});

test('one that is gone without an exit status is no success', async () => {
  const here = await engineHere();
  const { done } = running(here, 'kill -9 -- -$(ps -o pgid= $$ | tr -d " ")');
  await expect(done).rejects.toMatchObject({
    code: 'E_UNKNOWN',
    message: expect.stringContaining('nobody knows how it ended'),
  });
  await expect(running(here, 'true').done).rejects.toMatchObject({ code: 'E_UNKNOWN' });
});

test('a number that another process has got since is nobody of ours', async () => {
  const here = await engineHere();
  await mkdir(here.at('.cutover/runs/try'));
  await writeFile(here.at('.cutover/runs/try/log'), 'half a line');
  await symlink(`${process.pid} 1 word`, here.at('.cutover/runs/try/pid'));
  expect((await here.see()).running).toEqual([]);
  const { lines, done } = running(here, 'true', { timeoutMs: 5000 });
  await expect(done).rejects.toMatchObject({ code: 'E_UNKNOWN' });
  expect(lines).toEqual([['stdout', 'half a line']]);
});

test('the sweep of another deployment spares what is still at work, and nothing else', async () => {
  const here = await engineHere();
  await running(here, 'true', { id: 'ended' }).done;
  const begun = Promise.withResolvers<void>();
  const { done } = running(here, 'echo begun; until [ -e go ]; do sleep 0.02; done', {
    id: 'working',
    onLine: () => begun.resolve(),
  });
  await begun.promise;
  await here.engine.prepare(here.fence, never);
  expect(await readdir(here.at('.cutover/runs'))).toEqual(['working']);
  await writeFile(here.at('go'), '');
  await done;
  await here.engine.prepare(here.fence, never);
  expect(await readdir(here.at('.cutover/runs'))).toEqual([]);
});
