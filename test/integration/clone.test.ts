import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloneResult } from '../../src/core/operations/results.ts';
import { serverEntry } from './support/project.ts';
import { contentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';

let at: ServedProject;

beforeAll(async () => {
  at = await createServedProject({ image: 'openssh', sshd: ['MaxStartups=100'] });
});
afterAll(() => at?.[Symbol.asyncDispose]());

test('a new server gets an entry, the shared files and the release of another one', async () => {
  const { server, project } = at;
  const shared = { directories: ['uploads'], files: ['.env'] };
  await project.configure({ servers: { web1: serverEntry(server, { path: '/srv/app/one' }) }, shared });
  await project.repository.commit({ 'index.html': 'one' });
  const uploads = '/srv/app/one/shared/uploads';
  const program = `mkdir -p ${uploads} && echo SECRET >${uploads}/../.env && chmod 664 ${uploads}/../.env && head -c 3000000 /dev/urandom >${uploads}/photo && chown -R deploy /srv/app/one`;
  await inContainer(server, ['sh', '-c', program]);
  expect((await project.run(['deploy', 'production'])).exitCode).toBe(0);

  const args = ['clone', 'production', 'web1', 'web9', '--set', 'path=/srv/app/nine'];
  const without = await project.run([...args, '--dry-run']);
  expect(without).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('web9: { extends: web1, path: /srv/app/nine }'),
  });
  const { answer, exitCode } = await project.json<CloneResult>([...args, '--shared']);
  expect({ exitCode, shared: answer.shared, outcome: answer.transaction?.outcome }).toEqual({
    exitCode: 0,
    shared: { added: expect.arrayContaining(['.env', 'uploads']), kept: [] },
    outcome: 'committed',
  });
  const [one, nine] = ['one', 'nine'].map((name) => `/srv/app/${name}/current`);
  expect(await contentOf(server, `${nine}/.env`)).toBe('SECRET\n');
  expect(await inContainer(server, ['stat', '-L', '-c', '%a', `${nine}/.env`])).toBe('664\n');
  await inContainer(server, ['cmp', `${one}/uploads/photo`, `${nine}/uploads/photo`]);
  expect(await inContainer(server, ['readlink', nine!])).toBe(await inContainer(server, ['readlink', one!]));
  expect(await readFile(join(project.path, 'cutover.yaml'), 'utf8')).toContain('web9: { extends: web1,');
});
