import { expect, test } from 'vitest';
import { masterArguments } from './arguments.ts';
import { Options } from './options.ts';

const argumentsFor = (raw: object) =>
  masterArguments(Options.parse(raw), '/tmp/c/s', (path) => `/configuration/${path}`);

/** The value that counts: the first. */
function firstOf(raw: object, name: string): string | undefined {
  const given = argumentsFor(raw);
  return given
    .filter((_, index) => given[index - 1] === '-o')
    .find((option) => option.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

const issuesOf = (raw: object) =>
  Options.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

test('what ssh_config is to say is left to it', () => {
  expect(argumentsFor({ host: 'web1' })).toEqual([
    ...['-o', 'BatchMode=yes', '-o', 'ControlMaster=yes', '-o', 'ControlPath="/tmp/c/s"'],
    ...['-o', 'ControlPersist=no', '-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
    ...['-o', 'RequestTTY=no', '-o', 'ConnectTimeout=20', '-o', 'ServerAliveInterval=10'],
    ...['-o', 'ServerAliveCountMax=3', '-N', '--', 'web1'],
  ]);
});

test('paths are relative to the configuration, and those that only ssh can read are left to it', () => {
  const given = argumentsFor({ host: 'web1', identityFile: ['keys/50%', '~/.ssh/id', '%d/id'], port: 22 });
  expect(given.filter((_, index) => given[index - 1] === '-i')).toEqual([
    '/configuration/keys/50%%',
    '~/.ssh/id',
    '%d/id',
  ]);
  expect(firstOf({ host: 'web1', knownHostsFile: ['a b', '~/k'] }, 'UserKnownHostsFile')).toBe(
    '"/configuration/a b" "~/k"',
  );
});

test('options win over what has a default, and cannot name what the connection rests on', () => {
  expect(firstOf({ host: 'web1', sshOptions: ['ConnectTimeout=3'] }, 'ConnectTimeout')).toBe('3');
  expect(issuesOf({ host: 'web1', sshOptions: ['Compression yes', 'controlpath=/x', '-v'] })).toEqual([
    expect.stringMatching(/^sshOptions.1: cutover sets this itself, as it does BatchMode, /),
    'sshOptions.2: expected `Name=value`, as in ssh_config(5)',
  ]);
});

test('nothing of the configuration can become an option of ssh', () => {
  for (const raw of [{ host: '-oProxyCommand=x' }, { host: 'h', proxyJump: '-x' }]) {
    expect(issuesOf(raw)).toHaveLength(1);
  }
  expect(issuesOf({ host: 'h', knownHostsFile: 'a" b' })).toHaveLength(1);
});
