import { expect, test } from 'vitest';
import type { Sftp } from '../../../core/contract/index.ts';
import { chunks, KIB, open } from '../testing/openSftp.ts';
import type { TestServerOptions } from '../testing/server.ts';
import { superviseCalls } from './calls.ts';

test('an upload in flight ends when the channel closes', async () => {
  const onRequest = (name: string) => {
    if (name !== 'WRITE') return 'answer';
    setImmediate(() => link.memory.closeChannel());
    return 'ignore';
  };
  await using link = await open({ onRequest });
  await expect(
    link.sftp.writeFile('/a', chunks(900 * KIB, 900 * KIB), { mode: 0o644 }),
  ).rejects.toMatchObject({ code: 'E_UNKNOWN' });
});

test('closing it ends what waits', async () => {
  await using link = await open({ onRequest: () => 'ignore' });
  const call = link.sftp.lstat('/a');
  link.sftp.close();
  await expect(call).rejects.toMatchObject({ code: 'E_UNKNOWN' });
});

test('a server that stays silent on a call is given up; one that answers others is not', async () => {
  let stalled = 0;
  const calls = superviseCalls({ deadlineMs: 60, outstanding: 9 }, () => stalled++);
  const silent = calls.run('look at /a', () => {});
  for (let index = 0; index < 5; index++) {
    await calls.run('look at /b', (done) => setTimeout(() => done(null, null), 30));
  }
  expect(stalled).toBe(0);
  await expect(silent).rejects.toMatchObject({
    code: 'E_TIMEOUT',
    message: 'Could not look at /a: the server has not answered for 60 ms.',
  });
  expect(stalled).toBe(1);
  await expect(calls.run('look at /c', () => {})).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
});

test('no more wait for an answer than may, and the others go in their order', async () => {
  const calls = superviseCalls({ deadlineMs: 60_000, outstanding: 2 }, () => {});
  const sent: number[] = [];
  const answers: (() => void)[] = [];
  const all = [1, 2, 3, 4].map((number) =>
    calls.run<null>('ask', (done) => {
      sent.push(number);
      answers.push(() => done(null, null));
    }),
  );
  expect(sent).toEqual([1, 2]);
  answers[1]?.();
  await all[1];
  expect(sent).toEqual([1, 2, 3]);
  calls.lose('the channel is gone');
  const ends = await Promise.allSettled(all);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
  expect(sent).toEqual([1, 2, 3]);
});

test('a server without SFTP, and one that refuses it', async () => {
  await expect(open(null)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('does not offer SFTP'),
  });
});

test('text that a startup file prints is recognised', async () => {
  const garbage: TestServerOptions = {
    onSftp: (accept) => {
      const sftp = accept() as unknown as {
        _protocol: { channelData(id: number, data: Buffer): void };
        outgoing: { id: number };
      };
      const send = sftp._protocol.channelData.bind(sftp._protocol);
      sftp._protocol.channelData = (id, data) =>
        send(id, Buffer.concat([Buffer.from('Welcome to web1\n'), data]));
    },
  };
  await expect(open(garbage)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('prints text starting with "Welc"'),
    hint: expect.stringContaining('.bashrc'),
  });
});

test('channels are given back', async () => {
  await using link = await open();
  for (let index = 0; index < 20; index++) {
    const sftp = (await link.connection.sftp?.()) as Sftp;
    sftp.close();
  }
});
