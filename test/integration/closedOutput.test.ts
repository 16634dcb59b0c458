import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createProject } from './support/project.ts';
import { scratch } from './support/scratch.ts';

const BIN = fileURLToPath(new URL('../../bin/cutover.js', import.meta.url));

/** The story and the events go to stderr, the result and the answer to stdout. */
const CLOSED: readonly (readonly ['stdout' | 'stderr', readonly string[]])[] = [
  ['stderr', []],
  ['stderr', ['--events']],
  ['stdout', []],
  ['stdout', ['--json']],
];

test.each(CLOSED)('nobody reads %s %j, and the deployment ends well', async (which, flags) => {
  await using site = await scratch();
  const path = join(site.path, 'app');
  const commands = { postUpload: ['for n in 1 2 3; do echo "line $n"; sleep 0.1; done'] };
  await using project = await createProject({ servers: { web1: { transport: 'local', path } }, commands });
  await project.repository.commit({ 'index.html': 'one' });
  const running = spawn(process.execPath, [BIN, 'deploy', 'production', ...flags], {
    cwd: project.path,
    env: { PATH: process.env.PATH, HOME: project.home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(running, 'close');
  running[which].destroy();
  running[which === 'stdout' ? 'stderr' : 'stdout'].resume();
  expect((await ended)[0]).toBe(0);
  expect(await readFile(join(path, 'current/index.html'), 'utf8')).toBe('one');
});
