import { expect, test } from 'vitest';
import { createStyle } from '../style.ts';
import { renderProbe } from './probe.ts';

const well = {
  name: 'web1',
  transport: 'ssh2',
  address: 'deploy@web1:22',
  loginMs: 153.4,
  engine: 'shell',
  shell: '/bin/bash',
  tools: ['find', 'tar'],
  sftp: ['fsync@openssh.com', 'posix-rename@openssh.com'],
  line: {
    by: 'commands',
    roundTripMs: 3.26,
    upBytesPerSec: 41_000_000,
    downBytesPerSec: 60_000_000,
    channels: 8,
  },
  notes: [],
  failure: null,
} as const;

test('a line for each server, with what it can do; what a server says is made harmless', () => {
  const servers = [
    well,
    {
      ...well,
      name: 'web-two',
      transport: 'sftp',
      engine: 'sftp' as const,
      shell: null,
      tools: [],
      sftp: [],
      line: { ...well.line, roundTripMs: 0.04, upBytesPerSec: null, downBytesPerSec: null, channels: 1 },
      notes: ['how much passes was not measured: permission \u001b[31mdenied'],
    },
    {
      ...well,
      name: 'web3',
      loginMs: null,
      shell: null,
      tools: [],
      sftp: null,
      line: null,
      failure: { code: 'E_UNREACHABLE' as const, message: 'web3: connection refused', hint: 'Is it up?' },
    },
  ];
  const lines = renderProbe({ environment: 'production', servers }, createStyle(false));
  expect(`\n${lines.join('\n')}\n`).toBe(`
server   transport  engine        login  round trip       up     down  channels
web1     ssh2       shell        153 ms      3.3 ms  41 MB/s  60 MB/s         8
    address deploy@web1:22
    shell   /bin/bash
    tools   find tar
    sftp    fsync@openssh.com posix-rename@openssh.com
web-two  sftp       sftp         153 ms     <0.1 ms        -        -         1
    address deploy@web1:22
    sftp    without extensions
    ! how much passes was not measured: permission \\x1B[31mdenied
web3     ssh2       unreachable
    address deploy@web1:22
    ✗ connection refused
      Is it up?
`);
});
