import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { startCutover } from './support/cutover.ts';
import { writePlugin } from './support/pluginPackage.ts';
import { type Project, serverEntry } from './support/project.ts';
import { contentOf } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';
import { isLine, listenTo } from './support/story.ts';

/** Counts its runs here, and has a program at work on the server until somebody says `go` there; or it waits here, for ever. */
const REGISTER = `import { appendFileSync } from 'node:fs';
const argv = ['sh', '-c', 'echo at work; until [ -e /srv/app/go ]; do sleep 0.1; done; echo over'];
const held = {
  parse: (raw) => raw,
  create: ({ interrupted, runs, isHere }) => ({
    interrupted,
    run: async ({ command, log }) => {
      appendFileSync(runs, 'run\\n');
      if (isHere) {
        log('at work');
        await new Promise((resolve) => setTimeout(resolve, 1_000_000));
      }
      await command({ argv });
    },
  }),
};
export default ({ register }) => register({ api: 1, name: 'held', hooks: { held: async () => held } });
`;

let at: ServedProject;
let server: SshServer;
let project: Project;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' });
  ({ server, project } = at);
  const root = await writePlugin(project.path, { name: 'cutover-plugin-held', register: REGISTER });
  expect(await project.run(['plugins', 'link', root])).toMatchObject({ exitCode: 0 });
  await project.repository.commit({ 'index.html': 'zero' });
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
});
afterAll(() => at?.[Symbol.asyncDispose]());

/** The programs of the hook that run on the server. */
const atWork = async () => (await server.exec(['pgrep', '-f', 'until [[]'])).stdout;

const skipped =
  'web1: the hook held (after:activate) was cut short, and nobody knows how far it came; it counts as done';
const ended =
  /^web1: the command \d+-hook-\d+-after-activate-0-1 was still at work there; its processes were ended$/;

test.for([
  { interrupted: 'again', outcome: 'committed', runs: 2, problems: [] },
  { interrupted: 'skip', outcome: 'committed', runs: 1, problems: [skipped] },
  { interrupted: 'fail', outcome: 'compensated', runs: 1, problems: [expect.stringMatching(ended)] },
] as const)(
  'the deployer is killed in the middle of a hook that declares $interrupted: $outcome',
  async ({ interrupted, outcome, runs, problems }) => {
    const counted = join(project.path, 'runs');
    await rm(counted, { force: true });
    await server.exec(['rm', '-f', '/srv/app/go']);
    await project.configure({
      servers: { web1: serverEntry(server) },
      hooks: { 'after:activate': [{ held: { runs: counted, interrupted } }] },
    });
    const before = await contentOf(server, '/srv/app/current/index.html');
    const wanted = `with ${interrupted}`;
    await project.repository.commit({ 'index.html': wanted });
    const running = startCutover(['deploy', 'production', '--json', '--events'], { cwd: project.path });
    await listenTo(running).tells(isLine('at work'));
    running.kill('SIGKILL');
    await running;
    expect(await contentOf(server, '/srv/app/current/index.html')).toBe(wanted);

    if (interrupted === 'again') await server.exec(['touch', '/srv/app/go']);
    const { answer } = await project.json<TransactionResult>(['resume', 'production'], {
      env: { CUTOVER_STATE_DIR: join(project.path, `another-${interrupted}`) },
    });
    expect(answer).toMatchObject({ outcome, problems });
    expect(await readFile(counted, 'utf8')).toBe('run\n'.repeat(runs));
    expect(await contentOf(server, '/srv/app/current/index.html')).toBe(
      outcome === 'committed' ? wanted : before,
    );
    if (interrupted === 'fail')
      expect(answer.servers[0]?.failure).toMatchObject({
        code: 'E_HOOK',
        message:
          'web1: the hook held (after:activate) was cut short, and nobody knows how far it came; it counts as failed',
      });
    await server.exec(['touch', '/srv/app/go']);
    // The program of a skipped hook looks now and then only, and would miss it if the next test took it away.
    await expect.poll(atWork).toBe('');
  },
);

test.for([
  {
    interrupted: 'skip',
    isHere: true,
    outcome: 'committed',
    problems: [expect.stringMatching(/counts as done$/)],
  },
  { interrupted: 'fail', isHere: true, outcome: 'compensated', problems: [] },
  {
    interrupted: 'fail',
    isHere: false,
    outcome: 'compensated',
    problems: [expect.stringMatching(/its processes were ended$/)],
  },
] as const)(
  'killed early, in a hook that is the first to do anything ($interrupted, here: $isHere)',
  async ({ interrupted, isHere, outcome, problems }) => {
    const counted = join(project.path, 'runs');
    await rm(counted, { force: true });
    await server.exec(['rm', '-f', '/srv/app/go']);
    await project.configure({
      servers: { web1: serverEntry(server) },
      hooks: { 'after:linkRelease': [{ held: { runs: counted, interrupted, isHere } }] },
    });
    await project.repository.commit({ 'index.html': `early, ${interrupted}, ${isHere}` });
    const running = startCutover(['deploy', 'production', '--json', '--events'], { cwd: project.path });
    const isAtWork = isLine('at work');
    await listenTo(running).tells(
      (event) => isAtWork(event) || (event.type === 'log' && event.message === 'at work'),
    );
    running.kill('SIGKILL');
    await running;
    const { answer } = await project.json<TransactionResult>(['resume', 'production'], {
      env: { CUTOVER_STATE_DIR: join(project.path, `early-${interrupted}-${isHere}`) },
    });
    expect(answer).toMatchObject({ outcome, problems });
    expect(await readFile(counted, 'utf8')).toBe('run\n');
    expect(await atWork()).toBe('');
  },
);
