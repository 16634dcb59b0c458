import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCutover } from './support/cutover.ts';
import { writePlugin } from './support/pluginPackage.ts';
import { pluginProject } from './support/pluginProject.ts';
import { createProject, type Project } from './support/project.ts';
import { listenTo } from './support/story.ts';

const sockets = new Set<Socket>();
/** Takes whoever comes, and says nothing. */
const mute = createServer((socket) => void sockets.add(socket.on('error', () => {})));
let project: Project;

beforeAll(async () => {
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const server = {
    host: '127.0.0.1',
    port: (mute.address() as AddressInfo).port,
    user: 'deploy',
    path: '/srv/app',
    agent: false,
    password: { env: 'PASSWORD' },
    connectTimeout: '10m',
  };
  project = await createProject({ servers: { web1: { transport: 'ssh2', ...server } } });
  await writeFile(join(project.home, '.ssh', 'known_hosts'), '');
  await project.repository.commit({ 'index.html': 'one' });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  mute.close();
  await project?.[Symbol.asyncDispose]();
});

test.for(['deploy', 'status', 'check'])(
  '%s is stopped by one signal while a server takes its time over a login',
  async (command) => {
    const comes = once(mute, 'connection');
    const running = startCutover([command, 'production', '--json'], {
      cwd: project.path,
      env: { PASSWORD: 'secret' },
    });
    const story = listenTo(running);
    await Promise.race([comes, running]);
    running.kill('SIGINT');
    await story.says('Asked to stop. Once more stops at once.');
    const { exitCode, stdout } = await running;
    expect({ exitCode, answer: JSON.parse(stdout) as unknown }).toEqual({
      exitCode: 130,
      answer: { error: { code: 'E_INTERRUPTED', message: 'Interrupted; nothing was touched.', hint: null } },
    });
  },
);

test.for([
  ['holds the process', 'setInterval(() => {}, 1000);'],
  ['holds nothing', ''],
] as const)('a transport of a plugin that never ends and %s keeps nobody from stopping', async ([, held]) => {
  await using at = await pluginProject();
  const register = `export default ({ register }) => register({ api: 1, name: 'stuck', transports: { stuck: async () => ({
    parse: () => ({}),
    create: () => ({ address: 'nowhere', connect() {
      process.stderr.write('connecting\\n');
      ${held}
      return new Promise(() => {});
    } }),
  }) } });`;
  const plugin = await writePlugin(at.path, { name: 'cutover-plugin-stuck', register });
  expect((await at.run('plugins', 'link', plugin)).exitCode).toBe(0);
  await writeFile(
    join(at.path, 'cutover.yaml'),
    `application: shop
source: { directory: site }
environments: { here: { servers: { web1: { transport: stuck, path: /srv/app } } } }\n`,
  );
  const running = at.start('deploy', 'here');
  await listenTo(running).says('connecting');
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('Interrupted; nothing was touched.');
});
