import { expect, test } from 'vitest';
import { isCrowded, loginFailure } from './failure.ts';
import { endOf } from './words.ts';

function failure(lines: readonly string[], exitCode = 255) {
  const failed = { lines, message: endOf(lines, exitCode), exitCode };
  const { code, message } = loginFailure({ host: 'web1', program: 'ssh' }, failed, 'ssh web1');
  return { code, message };
}

test.each([
  ['E_UNREACHABLE', 'ssh: connect to host web1 port 22: Connection refused', 'nothing listens there'],
  ['E_UNREACHABLE', 'ssh: Could not resolve hostname web1: Name or service not known', 'not known to DNS'],
  ['E_UNREACHABLE', 'Connection timed out during banner exchange', 'handshake in time'],
  ['E_UNREACHABLE', 'Connection closed by 10.0.0.1 port 22', 'Connection closed by'],
  ['E_AUTHENTICATION', 'deploy@web1: Permission denied (publickey,password).', 'Permission denied'],
  [
    'E_AUTHENTICATION',
    'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures',
    'Too',
  ],
  ['E_HOST_KEY', 'Host key verification failed.', 'verification failed'],
  ['E_CONFIG', '/home/ann/.ssh/config: line 3: Bad configuration option: hosst', 'line 3'],
])('%s: %s', (code, line, said) => {
  expect(failure([line])).toEqual({ code, message: expect.stringContaining(said) });
});

test('a jump host that refuses is told, not the silence behind it', () => {
  const lines = [
    'ann@jump: Permission denied (publickey).',
    'kex_exchange_identification: Connection closed by remote host',
    'Connection closed by UNKNOWN port 65535',
  ];
  expect(failure(lines)).toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining('jump'),
  });
  expect(isCrowded(lines)).toBe(false);
  expect(isCrowded(lines.slice(1))).toBe(true);
});

test('a program that is not there is no failure of the server', () => {
  expect(failure(['sh: 3: ssh: not found'], 127)).toMatchObject({ code: 'E_CAPABILITY' });
});

test('why a connection has ended is what was said last that means something', () => {
  const said = ['Banner', 'Timeout, server web1 not responding.', 'Killed by signal 15.'];
  expect(endOf(said, 255)).toBe('the server no longer answers');
  expect(endOf([], 255)).toBe('ssh has ended (exit status 255)');
});

test('a name server that asks for patience is asked again, a name that is not known is not', () => {
  const unresolved = (why: string) => [`ssh: Could not resolve hostname web1: ${why}`];
  expect(isCrowded(unresolved('Temporary failure in name resolution'))).toBe(true);
  expect(isCrowded(unresolved('Name or service not known'))).toBe(false);
});
