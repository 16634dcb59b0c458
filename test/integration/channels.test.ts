import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createProject, serverEntry } from './support/project.ts';
import { type ProxyOptions, startProxy } from './support/proxy.ts';
import { inContainer, namesIn } from './support/remoteTree.ts';
import { startServer } from './support/sshServer.ts';

const MIB = 1024 ** 2;

const tree: Readonly<Record<string, Buffer>> = {
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`pages/${index % 4}/${index}.bin`, randomBytes(MIB)]),
  ),
  'large.bin': randomBytes(24 * MIB + 11),
};
const sums = Object.entries(tree)
  .map(([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ./${path}`)
  .sort();

/** A deployment over 300 ms, which a slow machine fills too, unless told; tells what came of it, and how many programs received what was sent. */
async function deployed(sshd: readonly string[], options: Partial<ProxyOptions> = {}) {
  await using server = await startServer({ image: 'openssh', sshd });
  await using proxy = await startProxy({ host: server.host, port: server.port, delayMs: 150, ...options });
  const hostKey = server.hostKeys.map((key) => key.fingerprint);
  const far = { host: proxy.host, port: proxy.port, hostKey };
  await using project = await createProject({ servers: { web1: serverEntry(server, far) } });
  await project.repository.commit(tree);
  const wrapper = '#!/bin/sh\necho "$*" >>/tmp/tars\nexec /usr/bin/tar "$@"\n';
  const install =
    ': >/tmp/tars; chmod 666 /tmp/tars; printf %s "$1" >/usr/local/bin/tar; chmod 755 /usr/local/bin/tar';
  await inContainer(server, ['sh', '-c', install, 'sh', wrapper]);
  const { exitCode, stderr } = await project.run(['deploy', 'production']);
  expect(exitCode, stderr).toBe(0);
  const list = 'cd /srv/app/current/ && find . -type f -exec sha256sum {} +';
  const found = (await inContainer(server, ['sh', '-c', list])).trim().split('\n').sort();
  return {
    found,
    receivers: Number(await inContainer(server, ['sh', '-c', 'grep -c -e "-x -p" /tmp/tars || :'])),
    sentBytes: proxy.bytes('toServer'),
    leftovers: await namesIn(server, '/srv/app/.cutover/incoming'),
  };
}

test('a large upload over a long way goes through several channels', async () => {
  const { found, receivers, leftovers } = await deployed([]);
  expect(found).toEqual(sums);
  expect(receivers).toBeGreaterThan(1);
  expect(leftovers).toEqual([]);
});

test.each([1, 2])('where a server allows %d channels, one does it', async (channels) => {
  const { found, receivers } = await deployed([`MaxSessions=${channels}`], { delayMs: 50 });
  expect(found).toEqual(sums);
  expect(receivers).toBe(1);
});

test('what has arrived before the line broke, in whatever channel, is not sent again', async () => {
  const cut = { mode: 'reset', direction: 'toServer', afterBytes: 32 * MIB, connections: 1 } as const;
  const { found, receivers, sentBytes, leftovers } = await deployed([], { cut });
  expect(found).toEqual(sums);
  expect(receivers).toBeGreaterThan(2);
  expect(sentBytes).toBeLessThan((32 + 44 - 8) * MIB);
  expect(leftovers).toEqual([]);
});
