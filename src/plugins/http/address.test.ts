import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { expect, test } from 'vitest';
import { lookupFor, urlFault } from './address.ts';

test.each([
  ['http://hooks.example.com/x', 'expected https://'],
  ['ftp://hooks.example.com', 'https://'],
  ['https://user:pass@hooks.example.com', 'without user and password'],
  ['hooks', 'expected a URL'],
])('%s is refused', (url, expected) => {
  expect(urlFault(url, false)).toContain(expected);
});

test.each([
  'https://169.254.169.254/latest/meta-data',
  'https://0xa9fea9fe/',
  'https://10.1.2.3',
  'https://172.31.0.1',
  'https://192.168.1.1',
  'https://100.64.0.1',
  'https://0.0.0.0',
  'https://[fe80::1]',
  'https://[fd00::1]',
  'https://[::ffff:169.254.169.254]',
  'https://[64:ff9b::a9fe:a9fe]',
])('%s is no public address', (url) => {
  expect(urlFault(url, false)).toContain('private network');
  expect(urlFault(url, true)).toBe(null);
});

test.each([
  'https://1.1.1.1',
  'https://172.32.0.1',
  'https://[2606:4700::1111]',
  'https://hooks.example.com',
])('%s passes', (url) => {
  expect(urlFault(url, false)).toBe(null);
});

test('http passes where it is allowed, or stays on this machine', () => {
  expect(urlFault('http://hooks.example.com', true)).toBe(null);
  for (const host of ['localhost', '127.0.0.1', '[::1]'])
    expect(urlFault(`http://${host}:8080/x`, false)).toBe(null);
});

test('a name that leads into a private network is refused when it is looked up', async () => {
  // The name of this machine leads to itself, without any name server.
  expect(await lookUp('hooks.example.com', false)).toMatchObject({ code: 'PRIVATE_ADDRESS' });
  expect(await lookUp('hooks.example.com', true)).toMatchObject([{ address: expect.any(String) }]);
  expect(await lookUp('localhost', false)).toMatchObject([{ address: expect.any(String) }]);
});

test('a proxy may stand in a private network; whom it is not asked for may not', async () => {
  const throughProxy = lookupFor('10.1.2.3', false, true);
  expect(await lookUpWith(throughProxy, 'localhost')).toMatchObject([{ address: expect.any(String) }]);
  expect(await lookUpWith(throughProxy, '10.1.2.3')).toMatchObject({ code: 'PRIVATE_ADDRESS' });
});

/** What a connection to `host` is given for a name of this machine. */
function lookUp(host: string, allowInsecure: boolean) {
  return lookUpWith(lookupFor(host, allowInsecure), 'localhost');
}

function lookUpWith(lookup: LookupFunction, name: string): Promise<Error | readonly LookupAddress[]> {
  return new Promise((resolve) => {
    lookup(name, { all: true, family: 4 }, (error, addresses) =>
      resolve(error ?? (addresses as LookupAddress[])),
    );
  });
}
