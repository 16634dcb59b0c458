// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeScope } from 'cutover/testing';
import { transport } from './transport.js';

const connect = async () => {
  const scope = fakeScope();
  const { exec } = await transport.create(transport.parse({}), scope).connect(scope);
  assert.ok(exec);
  return exec;
};

test('gives what a program prints, and how it ended', async () => {
  const exec = await connect();
  const { signal } = new AbortController();
  const argv = ['sh', '-c', 'cat; echo "$1" >&2; exit 3', 'sh', `a 'b' $c`];
  const { exit, stdout, stderr } = await exec({ argv, stdin: 'in', signal });
  assert.deepEqual(exit, { type: 'code', code: 3 });
  assert.equal(Buffer.from(stdout).toString(), 'in');
  assert.equal(Buffer.from(stderr).toString(), `a 'b' $c\n`);
});

test('ends the program when it is asked to', async () => {
  const exec = await connect();
  const stop = new AbortController();
  const running = exec({
    argv: ['sh', '-c', 'echo begun; sleep 60'],
    signal: stop.signal,
    onStdout: () => stop.abort(),
  });
  await assert.rejects(running, { name: 'AbortError' });
});

test('options that are wrong are told with their place', () => {
  assert.throws(() => transport.parse({ program: 'ssh' }), {
    issues: [{ path: ['program'], message: 'expected a list of texts' }],
  });
});
