import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { startCutover } from './support/cutover.ts';
import { type EnvironmentOptions, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, inContainer } from './support/remoteTree.ts';
import { createServedProject, type ServedProject } from './support/servedProject.ts';
import type { SshServer } from './support/sshServer.ts';
import { isLine, listenTo } from './support/story.ts';

const SITE = {
  'index.html': 'one',
  'run.sh': { executable: '#!/bin/sh\n' },
  empty: '',
  'also empty': '',
  'a b/it\'s "x" é': 'odd',
};

describe.each(['openssh', 'busybox'] as const)('%s', (image) => {
  let at: ServedProject;
  let server: SshServer;
  let project: Project;
  let environment: EnvironmentOptions;
  let version = 0;

  beforeAll(async () => {
    at = await createServedProject({ image });
    ({ server, project } = at);
    environment = { servers: { web1: serverEntry(server) } };
    await deployWith({});
  });
  afterAll(() => at?.[Symbol.asyncDispose]());

  async function deployWith(options: object, expected = 0): Promise<TransactionResult> {
    version += 1;
    await project.configure({ ...environment, ...options });
    await project.repository.commit({ ...SITE, version: String(version) }, `Version ${version}`);
    const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
    expect(exitCode).toBe(expected);
    return answer;
  }

  /** Content, mode and time of every file of the site below a directory. */
  async function seen(where: string): Promise<string> {
    const text =
      'cd "/srv/app/$1" && find . -type f ! -name version | sort | while IFS= read -r f; do stat -c "%a %s %Y %n" "$f"; cat "$f"; echo; done';
    return inContainer(server, ['sh', '-c', text, 'sh', where]);
  }

  test('what commands write in place stays in the new release, and the live one is whole again', async () => {
    const old = await currentOf(server);
    const before = await seen(old);
    const { problems, release } = await deployWith({
      commands: {
        postUpload: [
          'echo x >> index.html',
          'chmod 600 index.html; : > run.sh; echo y >empty',
          'touch "also empty"',
        ],
      },
    });
    const paths = ['also empty', 'empty', 'index.html', 'run.sh'];
    expect(problems).toEqual(
      paths.map((path) => expect.stringContaining(`web1: ${path}: one of the postUpload commands`)),
    );
    expect(await seen(old)).toBe(before);
    expect(await seen('deploy-cache')).toBe(before);
    expect(await contentOf(server, `/srv/app/releases/${release}/index.html`)).toBe('onex\n');
    expect(await contentOf(server, `/srv/app/releases/${release}/empty`)).toBe('y\n');
    expect(await contentOf(server, `/srv/app/releases/${release}/also empty`)).toBe('');

    expect((await deployWith({})).problems).toEqual([]);
    expect(await seen(await currentOf(server))).toBe(before);
  });

  test('one command is named; a mode alone is mended from what the server has; sed -i is no problem', async () => {
    const old = await currentOf(server);
    const before = await seen(old);
    const run = 'sed -i s/one/two/ index.html && chmod -R g+w .';
    const { problems } = await deployWith({ commands: { postUpload: [run] } });
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(', and it')))).toEqual(
      ['a b/it\'s "x" é', 'also empty', 'empty', 'run.sh', 'version'].map(
        (path) => `web1: ${path}: the postUpload command "${run}" changed its mode`,
      ),
    );
    expect(await seen(old)).toBe(before);
    expect(await seen('deploy-cache')).toBe(before);
    expect(await contentOf(server, '/srv/app/current/index.html')).toBe('two');
  });

  test('a command that fails leaves the live release as it was', async () => {
    await deployWith({});
    const old = await currentOf(server);
    const before = await seen(old);
    const result = await deployWith({ commands: { postUpload: ['echo x >> index.html', 'exit 3'] } }, 12);
    expect(result.outcome).toBe('compensated');
    expect(await seen(old)).toBe(before);
    expect(await currentOf(server)).toBe(old);
  });

  test('a run that is killed while a command runs is taken back whole', async () => {
    await deployWith({});
    const old = await currentOf(server);
    const before = await seen(old);
    version += 1;
    const commands = { postUpload: ['echo x >>index.html; echo written; sleep 60'] };
    await project.configure({ ...environment, commands });
    await project.repository.commit({ ...SITE, version: String(version) }, `Version ${version}`);
    const run = startCutover(['deploy', 'production', '--events'], { cwd: project.path });
    await listenTo(run).tells(isLine('written'));
    run.kill('SIGKILL');
    await run;
    const resumed = await project.json<TransactionResult>(['resume', 'production', '--abort']);
    expect({ exitCode: resumed.exitCode, problems: resumed.answer.problems }).toEqual({
      exitCode: 0,
      problems: [
        expect.stringContaining('was still at work there; its processes were ended'),
        expect.stringContaining('index.html: the postUpload command'),
      ],
    });
    expect(await seen(old)).toBe(before);
    expect(await seen('deploy-cache')).toBe(before);
  });

  test('what is unshared or copied may be written to', async () => {
    const write = { commands: { postUpload: ['echo x >> "a b/it\'s \\"x\\" é"; echo x >> index.html'] } };
    for (const how of [{ unshare: ['/a b/', 'index.html'] }, { link: 'copy' }]) {
      const old = await currentOf(server);
      const before = await seen(old);
      expect((await deployWith({ ...write, ...how })).problems).toEqual([]);
      expect(await seen(old)).toBe(before);
      expect(await contentOf(server, '/srv/app/current/index.html')).toBe('onex\n');
    }
  });

  test('reflinks on a file system without them are copies, and that is told', async () => {
    const { problems } = await deployWith({ link: 'reflink' });
    expect(problems).toEqual([
      expect.stringMatching(/^web1: the release was copied, because reflinks failed: cp: /),
    ]);
  });
});
