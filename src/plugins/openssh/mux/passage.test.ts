import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openPassage } from './passage.ts';
import { encode } from './wire.ts';

/** Something that listens where a master should. */
async function socketOf(onConnection: (socket: Socket) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cutover-passage-'));
  const path = join(directory, 's');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(path);
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true });
  });
  return path;
}

const listener = { onPacket: () => {}, onLost: () => {} };

test('a master that says nothing is not waited for', async () => {
  const path = await socketOf((socket) => socket.resume());
  await expect(openPassage(path, listener, 30)).rejects.toThrow('ssh did not answer within 30 ms');
});

test.each([
  ['a refusal', [8, 0x80000003, 0], 'ssh answered 2147483651 where it should let us through'],
  ['another version', [8, 0x00000001, 5], 'ssh speaks version 5'],
  ['no length', [0x48545450], 'a packet of'],
])('%s is told', async (_, words, why) => {
  const path = await socketOf((socket) => socket.resume().write(encode(words)));
  await expect(openPassage(path, listener)).rejects.toThrow(why);
});

test('one that hangs up, and one that is not there, are told', async () => {
  const path = await socketOf((socket) => socket.destroy());
  await expect(openPassage(path, listener)).rejects.toThrow(/closed its socket|ECONNRESET|EPIPE/);
  await expect(openPassage(`${path}x`, listener)).rejects.toThrow('ENOENT');
});
