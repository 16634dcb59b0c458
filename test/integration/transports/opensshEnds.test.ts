import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { scratch } from '../support/scratch.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, connect } from './opensshLink.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

test('what a ProxyCommand has left in the background holds up no end', async () => {
  await using user = await scratch();
  const way = join(user.path, 'way');
  await writeFile(
    way,
    `#!/bin/sh
setsid sleep 30 &
echo $! >${join(user.path, 'pid')}
exec ${process.execPath} -e 'const socket = require("node:net").connect(${server.port}, "127.0.0.1"); process.stdin.pipe(socket).pipe(process.stdout)'
`,
  );
  await chmod(way, 0o700);
  const link = await connect(byKey(server, { sshOptions: [`ProxyCommand=${way}`] }));
  await link.close();
  expect(await link.closed).toBeNull();
  const pid = Number(execFileSync('cat', [join(user.path, 'pid')], { encoding: 'utf8' }));
  // It is still there: so it has not been waited for.
  process.kill(pid);
});

test('nothing is left behind by one that closes, one that fails, or a process that is killed', async () => {
  // Of its own: other tests have connections at the same time.
  await using own = await scratch();
  vi.stubEnv('TMPDIR', own.path);
  onTestFinished(() => void vi.unstubAllEnvs());
  const link = await connect(byKey(server));
  expect(readdirSync(own.path)).toHaveLength(1);
  await link.close();
  await connect(byKey(server, { user: 'nobody' })).catch(() => {});
  expect(readdirSync(own.path)).toEqual([]);
  const { execa } = await import('execa');
  const file = new URL('../../../src/plugins/openssh/transport.ts', import.meta.url).pathname;
  const script = `
    const { transport } = await import(${JSON.stringify(file)});
    const scope = { signal: new AbortController().signal, log: () => {}, resolvePath: (path) => path };
    const link = await transport.create(transport.parse(${JSON.stringify(byKey(server))}), scope).connect(scope);
    process.stdout.write('in\\n');
    await link.exec({ argv: ['sleep', '60'], signal: scope.signal });
  `;
  const deployer = execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
  await once(deployer.stdout, 'data');
  expect(readdirSync(own.path)).toHaveLength(1);
  deployer.kill('SIGKILL');
  await deployer;
  await expect.poll(() => readdirSync(own.path), { timeout: 30_000 }).toEqual([]);
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(`-p ${server.port}`);
});
