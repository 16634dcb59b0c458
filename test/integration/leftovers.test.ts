import { expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { startCutover } from './support/cutover.ts';
import { serverEntry } from './support/project.ts';
import { currentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject } from './support/servedProject.ts';
import { isLine, listenTo } from './support/story.ts';

test.each(['openssh', 'busybox'] as const)(
  '%s: a command of a deployment that died is ended before the deployment is taken back',
  async (image) => {
    await using at = await createServedProject({ image });
    const { server, project } = at;
    const commands = { postUpload: ['echo begun; sleep 3000; touch "$CUTOVER_SHARED_PATH/late"'] };
    await project.repository.commit({ 'index.html': 'one' });
    expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);
    const live = await currentOf(server);
    await project.configure({ servers: { web1: serverEntry(server) }, commands });
    await project.repository.commit({ 'index.html': 'two' });

    const running = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
    await listenTo(running).tells(isLine('begun'));
    running.kill('SIGKILL');
    await running;
    const works = () => inContainer(server, ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\000" " "']);
    expect(await works()).toContain('sleep 3000 ');

    const { exitCode, answer } = await project.json<TransactionResult>(['resume', 'production', '--abort'], {
      home: `${project.home}-elsewhere`,
    });
    expect({ exitCode, outcome: answer.outcome, problems: answer.problems }).toEqual({
      exitCode: 0,
      outcome: 'compensated',
      problems: [expect.stringMatching(/-postUpload-0 was still at work there; its processes were ended$/)],
    });
    expect(await works()).not.toContain('sleep 3000 ');
    expect(await currentOf(server)).toBe(live);
    const left = await inContainer(server, ['sh', '-c', 'cd /srv/app && ls releases shared']);
    expect(left.split(/\s+/)).not.toContain('late');
    expect(left).not.toContain(answer.release);
  },
);
