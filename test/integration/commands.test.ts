import { expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { type CutoverProcess, startCutover } from './support/cutover.ts';
import type { Project } from './support/project.ts';
import { contentOf, currentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { ServerOptions } from './support/sshServer.ts';
import { eventsIn, isLine, listenTo, outputIn } from './support/story.ts';

async function projectFor(options: ServerOptions, commands: object): Promise<ServedProject> {
  const at = await createServedProject(options, { commands });
  await at.project.repository.commit({ 'index.html': 'one' });
  return at;
}

/** Deploys, and acts once the line is told. */
async function deploy(project: Project, line: string, act: (running: CutoverProcess) => unknown) {
  const running = startCutover(['deploy', 'production', '--json', '--events'], { cwd: project.path });
  const story = listenTo(running);
  await story.tells(isLine(line));
  await act(running);
  const { exitCode, stdout } = await running;
  return { exitCode, stdout, output: outputIn(story.events()) };
}

const COUNTING = 'echo x >>count; n=0; while [ $n -lt 30 ]; do n=$((n + 1)); echo "line $n"; sleep 0.1; done';
const COUNTED = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);

test.each(['openssh', 'busybox'] as const)(
  '%s: when the session dies in the middle of a command, the command does not, and is not run twice',
  async (image) => {
    await using at = await projectFor({ image }, { postUpload: [COUNTING], postLaunch: ['cat count'] });
    const { server, project } = at;
    const kill = () => inContainer(server, ['sh', '-c', KILL_SESSIONS]);
    const { exitCode, stdout, output } = await deploy(project, 'line 5', kill);
    const result = JSON.parse(stdout) as TransactionResult;
    expect({ exitCode, outcome: result.outcome, problems: result.problems }).toEqual({
      exitCode: 0,
      outcome: 'committed',
      problems: [],
    });
    expect(output).toEqual([...COUNTED, 'x']);
    expect(await currentOf(server)).toBe(`releases/${result.release}`);
  },
);

/** All of the user's sessions; some must have been there. */
const KILL_SESSIONS = `killed=
for each in /proc/[0-9]*; do
  case $(tr '\\000' ' ' <"$each/cmdline" 2>/dev/null) in
    'sshd: deploy'*) kill -9 "\${each#/proc/}" && killed=yes ;;
  esac
done
[ "$killed" = yes ]`;

test('when the program dies, whoever resumes attaches to the command that still runs', async () => {
  await using at = await projectFor(
    { image: 'openssh' },
    { postUpload: [COUNTING], postLaunch: ['cat count'] },
  );
  await deploy(at.project, 'line 5', (running) => running.kill('SIGKILL'));
  const { exitCode, stdout, stderr } = await at.project.run(
    ['resume', 'production', '--json', '--events', '--lock-wait', '1m'],
    { home: `${at.project.home}-elsewhere` },
  );
  expect(exitCode, stderr).toBe(0);
  expect(outputIn(eventsIn(stderr))).toEqual([...COUNTED, 'x']);
  const result = JSON.parse(stdout) as TransactionResult;
  expect(await currentOf(at.server)).toBe(`releases/${result.release}`);
});

test('a server that closes silent channels loses no command', async () => {
  await using at = await projectFor(
    { image: 'openssh', sshd: ['ChannelTimeout=session:*=3s'] },
    { postUpload: ['echo before; sleep 8; echo x >>count; echo after'] },
  );
  const { exitCode, answer } = await at.project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, outcome: answer.outcome }).toEqual({ exitCode: 0, outcome: 'committed' });
  expect(await contentOf(at.server, '/srv/app/current/count')).toBe('x\n');
});

test('one that stays silent too long is ended, and the deployment is taken back', async () => {
  const commands = { postUpload: [{ run: 'echo begun; sleep 3000', idleTimeout: '1s' }] };
  await using at = await projectFor({ image: 'busybox' }, commands);
  const { exitCode, answer } = await at.project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, code: answer.servers[0]?.failure?.code }).toEqual({ exitCode: 12, code: 'E_TIMEOUT' });
  expect(answer.servers[0]?.failure?.message).toContain('printed nothing for 1 s; its processes were ended');
  const left = await inContainer(at.server, ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\000" " "']);
  expect(left).not.toContain('sleep 3000 ');
});

test('with room for one channel only, a command is followed, and ended when its time is up', async () => {
  const commands = { postUpload: ['sleep 1; echo one', { run: 'echo two; sleep 4000', timeout: '1s' }] };
  await using at = await projectFor({ image: 'openssh', sshd: ['MaxSessions=1'] }, commands);
  const { exitCode, answer } = await at.project.json<TransactionResult>(['deploy', 'production']);
  expect({ exitCode, code: answer.servers[0]?.failure?.code }).toEqual({ exitCode: 12, code: 'E_TIMEOUT' });
  expect(answer.servers[0]?.failure?.message).toContain('ran longer than 1 s; its processes were ended');
  expect((await at.server.exec(['pgrep', '-f', 'sleep 4000'])).stdout).toBe('');
});
