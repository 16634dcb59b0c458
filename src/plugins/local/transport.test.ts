import { expect, test } from 'vitest';
import { fakeScope } from '../testing/scope.ts';
import { transport } from './transport.ts';

test('there is nothing to configure', () => {
  expect(() => transport.parse({ host: 'x' })).toThrow(
    expect.objectContaining({ issues: [expect.objectContaining({ code: 'unrecognized_keys' })] }),
  );
  expect(transport.create(transport.parse({}), fakeScope()).address).toBe('this machine');
});

test('a connection can run commands, not transfer files, and tells that it was closed', async () => {
  const scope = fakeScope();
  const connection = await transport.create(transport.parse({}), scope).connect(scope);
  expect(connection.sftp).toBeUndefined();
  const result = await connection.exec?.({ argv: ['echo', 'here'], signal: scope.signal });
  expect(Buffer.from(result?.stdout ?? []).toString()).toBe('here\n');
  await connection.close();
  expect(await connection.closed).toBeNull();
});
