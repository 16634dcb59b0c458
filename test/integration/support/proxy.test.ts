import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy } from './proxy.ts';

/** Answers every byte with the same byte, and an end with an end. */
let echo: Server;
let echoPort: number;

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  echoPort = (echo.address() as AddressInfo).port;
});

afterEach(() => {
  echo.close();
});

test('passes bytes both ways, and the end', async () => {
  await using proxy = await startProxy({ port: echoPort });
  const seen = await talk(proxy.port, 'hello');
  expect(seen).toEqual({ text: 'hello', ending: 'end' });
  expect(proxy.bytes('toServer')).toBe(5);
  expect(proxy.bytes('toClient')).toBe(5);
});

test('keeps the order of slow bytes and of the end behind them', async () => {
  await using proxy = await startProxy({ port: echoPort, delayMs: 20 });
  const text = 'abcdefghij'.repeat(50_000);
  const startedAt = performance.now();
  const seen = await talk(proxy.port, text);
  expect(seen).toEqual({ text, ending: 'end' });
  // There and back. Timers may fire a little early; being late, as on a busy machine, does no harm.
  expect(performance.now() - startedAt).toBeGreaterThan(35);
});

test('passes exactly the bytes before a cut, only on the first connection', async () => {
  for (const [mode, ending] of [
    ['reset', 'ECONNRESET'],
    ['fin', 'end'],
  ] as const) {
    await using proxy = await startProxy({
      port: echoPort,
      cut: { mode, direction: 'toClient', afterBytes: 3, connections: 1 },
    });
    expect(await talk(proxy.port, 'hello')).toEqual({ text: 'hel', ending });
    expect(await talk(proxy.port, 'hello')).toEqual({ text: 'hello', ending: 'end' });
    expect(proxy.connections()).toBe(2);
  }
});

test('counts the bytes towards the server', async () => {
  await using proxy = await startProxy({
    port: echoPort,
    cut: { mode: 'fin', direction: 'toServer', afterBytes: 2 },
  });
  await talk(proxy.port, 'hello');
  expect(proxy.bytes('toServer')).toBe(2);
});

test('a black hole swallows what follows and tells nobody', async () => {
  await using proxy = await startProxy({ port: echoPort });
  const swallowed = connect(proxy.port, '127.0.0.1');
  swallowed.on('error', () => {});
  swallowed.write('before');
  expect(String((await once(swallowed, 'data'))[0])).toBe('before');

  proxy.cutNow('blackhole');
  swallowed.write('after');
  const later = await talk(proxy.port, 'healthy');

  expect(later).toEqual({ text: 'healthy', ending: 'end' });
  expect(proxy.bytes('toServer')).toBe('before'.length + 'healthy'.length);
  expect(swallowed.readyState).toBe('open');
  swallowed.destroy();
});

test('a server that is not there resets the client', async () => {
  echo.close();
  await using proxy = await startProxy({ port: echoPort });
  expect(await talk(proxy.port, 'hello')).toEqual({ text: '', ending: 'ECONNRESET' });
});

/** Sends the text, ends, and collects what comes back until the connection is over. */
async function talk(port: number, text: string): Promise<{ text: string; ending: string }> {
  const socket: Socket = connect(port, '127.0.0.1');
  let received = '';
  let ending = 'close';
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  socket.on('end', () => {
    ending = 'end';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ending = error.code ?? error.message;
  });
  socket.end(text);
  await new Promise((resolve) => socket.on('close', resolve));
  return { text: received, ending };
}
