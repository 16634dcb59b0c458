import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { never } from '../../testing/engineHere.ts';
import { roomFor } from '../../testing/roomFor.ts';
import { endings, pidOf, run, warm } from './testing/openShells.ts';

const data = randomBytes(3_000_000);
async function* pieces() {
  for (let at = 0; at < data.length; at += 70_001) yield data.subarray(at, at + 70_001);
}
const sum = createHash('sha256').update(data).digest('hex');
const receive = 'field sum "$(sha256sum | cut -c 1-64)"; field pid "$$"';

test('an upload takes the shell that was opened for it', async () => {
  const there = roomFor(10);
  const link = warm(there);
  await pidOf(link);
  link.expectUpload();
  link.expectUpload();
  await run(link, ':');
  const execs = there.execs.length;
  expect((await run(link, receive, { upload: pieces })).one('sum')).toBe(sum);
  expect([execs, there.execs.length]).toEqual([2, 2]);
  link.expectUpload();
  await run(link, ':');
  await link.close();
  // An upload that never came is an empty line that could not be read.
  expect(await endings(there)).toEqual([0, 0, 1].map((code) => ({ type: 'code', code })));
});

test('an upload whose shell was killed before it came is sent through another', async () => {
  const there = roomFor(10);
  const link = warm(there);
  const pid = await pidOf(link);
  link.expectUpload();
  const found = await run(link, `field all "$(pgrep -f 'IFS= read -r script' -P ${process.pid})"`);
  const [spare] = (found.one('all') ?? '').split('\n').map(Number);
  expect(spare).not.toBe(pid);
  process.kill(spare!, 'SIGKILL');
  expect((await run(link, receive, { upload: pieces, attempts: 1 })).one('sum')).toBe(sum);
  await link.close();
});

test('an upload beside another has no idle shell ended, and waits', async () => {
  const there = roomFor(2);
  const link = warm(there);
  const data = Promise.withResolvers<void>();
  const content = async function* () {
    yield Buffer.from('cat\n');
    await data.promise;
  };
  const first = link.upload({ signal: never, content });
  const pid = await pidOf(link);
  const over = new AbortController();
  const beside = link.upload({ signal: over.signal, content, isBeside: true });
  expect(await pidOf(link)).toBe(pid);
  over.abort(new Error('given up'));
  await expect(beside).rejects.toThrow('given up');
  data.resolve();
  expect((await first).exit).toEqual({ type: 'code', code: 0 });
  expect(await pidOf(link)).toBe(pid);
  await link.close();
});

test.each([1, 2, 3])('with room for %i at a time nobody keeps another from it', async (most) => {
  const there = roomFor(most);
  const link = warm(there);
  for (let round = 0; round < 3; round++) {
    await pidOf(link);
    if (round !== 1) link.expectUpload();
    if (round === 2) process.kill(await pidOf(link), 'SIGKILL');
    await Promise.all([run(link, ':'), run(link, ':')]);
    const uploading = run(link, receive, { upload: pieces });
    const beating = [run(link, ':'), run(link, ':')];
    expect((await uploading).one('sum')).toBe(sum);
    await Promise.all(beating);
  }
  // Expected, and never sent.
  link.expectUpload();
  process.kill(await pidOf(link), 'SIGKILL');
  await pidOf(link);
  await link.close();
  await endings(there);
});
