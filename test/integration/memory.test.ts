import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Project, serverEntry } from './support/project.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

const MIB = 1024 ** 2;

let at: ServedProject;
let server: SshServer;
let project: Project;
beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' });
  ({ server, project } = at);
});
afterAll(() => at?.[Symbol.asyncDispose]());

/**
 * Deploys with this command, and reads nothing of the story until the command has ended and nobody asks for more of
 * its output. Gives the most memory that the program had at any moment.
 */
async function deploy(run: string) {
  const told = join(project.path, 'peak');
  const measure = join(project.path, 'measure.mjs');
  const text = `import { writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS * 1024)));`;
  await writeFile(measure, text);
  await project.configure({
    servers: { web1: serverEntry(server) },
    commands: { postUpload: [`touch /tmp/begun; ${run}`] },
  });
  await project.repository.commit({ 'index.html': run });
  await server.exec(['rm', '-f', '/tmp/begun']);
  const bin = fileURLToPath(new URL('../../bin/cutover.js', import.meta.url));
  const running = spawn(process.execPath, [bin, 'deploy', 'production'], {
    cwd: project.path,
    env: { PATH: process.env.PATH, HOME: project.home, NODE_OPTIONS: `--import=${measure}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(running, 'close');
  let quiet = 0;
  const isForLong = async () => {
    quiet = (await isQuiet()) ? quiet + 1 : 0;
    return quiet === 5;
  };
  await vi.waitUntil(isForLong, { timeout: 120_000 });
  const story: string[] = [];
  for await (const text of running.stderr.setEncoding('utf8')) story.push(String(text));
  const [exitCode] = await ended;
  return { exitCode, stderr: story.join(''), peakBytes: Number(await readFile(told, 'utf8')) };
}

/** Every command has left its exit status, and the shell that is kept open for our scripts runs none. */
async function isQuiet(): Promise<boolean> {
  const text = `[ -e /tmp/begun ] && cd /srv/app/.cutover/runs || exit 1
for each in *; do [ -L "$each/rc" ] || exit 1; done
! pgrep -u deploy -P "$(pgrep -d, -u deploy -x sh)"`;
  return (await server.exec(['sh', '-c', text])).exitCode === 0;
}

test('a gigabyte of output does not grow the program', async () => {
  const { peakBytes: usualBytes } = await deploy('true');
  const line = 'a line of some fifty bytes, as programs print them';
  const { exitCode, stderr, peakBytes } = await deploy(`yes "${line}" | head -c 1073741824 || true`);
  expect(exitCode).toBe(0);
  expect(stderr.split(line).length).toBeGreaterThan(100_000);
  expect(stderr).toContain('[the output went on; only its first 8 MiB are kept]');
  expect((peakBytes - usualBytes) / MIB).toBeLessThan(64);
});
