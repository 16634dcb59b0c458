import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { packVersions, replaceWorkTree } from './support/packageHistory.ts';
import { createProject, type Project, serverEntry } from './support/project.ts';
import { currentOf, inContainer, namesIn } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

const VERSIONS =
  '4.0.0 4.1.0 4.2.1 4.3.0 4.4.0 4.5.1 4.6.1 4.7.0 4.8.2 4.9.0 4.10.0 4.11.2 4.12.0 4.13.1 4.14.2 4.15.0 4.16.6 4.17.0 4.17.10 4.17.21';

let server: SshServer;
let project: Project;

beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
  project = await createProject({ branch: 'main', keep: 4, servers: { web1: serverEntry(server) } });
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await server?.stop();
});

test('twenty states of a real tree arrive exactly as git archive gives them', {
  timeout: 300_000,
}, async () => {
  const versions = VERSIONS.split(' ');
  const packed = await packVersions('lodash', versions, join(project.path, 'packed'));
  for (const [index, directory] of packed.entries()) {
    await replaceWorkTree(project.repository, directory);
    await addOddities(project.repository.path, index);
    const commit = await project.repository.commitAll(`lodash ${versions[index]}`);

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

/** What changes from state to state besides the package: modes, links, kinds, and names that shells trip over. */
async function addOddities(path: string, index: number): Promise<void> {
  await writeFile(join(path, `-rf ${index}'s "file" $(touch pwned) é e\u0301`), `state ${index}`);
  await writeFile(join(path, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(path, 'run.sh'), index % 2 === 0 ? 0o755 : 0o644);
  await writeFile(join(path, 'empty'), '');
  await symlink(index % 2 === 0 ? 'run.sh' : 'package.json', join(path, 'link'));
  // A file in one state, a link in the next.
  if (index % 3 === 0) await writeFile(join(path, 'changeling'), 'a file');
  else if (index % 3 === 1) await symlink('lodash.js', join(path, 'changeling'));
}

/** What rsync would still have to do; compared by content, mode and link, not by time. */
async function differencesFromArchive(commit: string): Promise<string> {
  const { stdout } = await execa('git', ['-c', 'tar.umask=0022', 'archive', commit], {
    cwd: project.repository.path,
    encoding: 'buffer',
  });
  await inContainer(server, ['sh', '-c', 'rm -rf /expected && mkdir /expected']);
  await server.container.copyArchiveToContainer(Readable.from([stdout]), '/expected');
  return inContainer(server, [
    'sh',
    '-c',
    'cd -P /srv/app/current && rsync -rlpcni --delete /expected/ "$(pwd)/"',
  ]);
}
