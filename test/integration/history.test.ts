import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { archiveIn, packageHistory } from './support/packageHistory.ts';
import type { Project } from './support/project.ts';
import { currentOf, inContainer, namesIn } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';

let at: ServedProject;
let server: SshServer;
let project: Project;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh' }, { branch: 'main', keep: 4 });
  ({ server, project } = at);
});
afterAll(() => at?.[Symbol.asyncDispose]());

test('twenty states of a real tree arrive exactly as git archive gives them', {
  timeout: 300_000,
}, async () => {
  for await (const commit of packageHistory(project)) {
    const { exitCode, answer, stderr } = await project.json<TransactionResult>(['deploy', 'production']);

    expect(stderr).toContain(commit.slice(0, 7));
    expect({ exitCode, outcome: answer.outcome, revision: answer.revision }).toEqual({
      exitCode: 0,
      outcome: 'committed',
      revision: commit,
    });
    expect(await currentOf(server)).toBe(`releases/${answer.release}`);
    expect(await differencesFromArchive(commit)).toBe('');
  }
  const files = await inContainer(server, ['sh', '-c', 'find /srv/app/current/ -type f | wc -l']);
  expect(Number(files)).toBeGreaterThan(500);
  expect(await namesIn(server, '/srv/app/releases')).toHaveLength(4);
});

/** What rsync would still have to do; compared by content, mode and link, not by time. */
async function differencesFromArchive(commit: string): Promise<string> {
  const expected = await archiveIn(server, project.repository, commit);
  const compare = 'cd -P /srv/app/current && rsync -rlpcni --delete "$1/" "$(pwd)/"';
  return inContainer(server, ['sh', '-c', compare, 'sh', expected]);
}
