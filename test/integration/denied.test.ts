import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { createProject, type EnvironmentOptions, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, inContainer, namesIn } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

/** A file system that can be made read-only. */
const MOUNT = '/srv/mount';

let server: SshServer;
let project: Project;
let version = 0;

beforeAll(async () => {
  server = await startServer({
    image: 'openssh',
    tmpfs: { [MOUNT]: 'size=8m,uid=1000,gid=1000' },
    capabilities: ['SYS_ADMIN'],
  });
  project = await createProject(on('/srv/app'));
  for (const path of ['/srv/app', MOUNT]) {
    await nextVersion(path);
    expect(await deployed()).toMatchObject({ exitCode: 0 });
  }
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await server?.stop();
});

function on(path: string, more: object = {}): EnvironmentOptions {
  return { servers: { web1: serverEntry(server, { path }) }, ...more };
}

async function nextVersion(path: string, more: object = {}): Promise<void> {
  version += 1;
  await project.configure(on(path, more));
  const text = `version ${version}`;
  await project.repository.commit({ 'index.html': text, 'bin/run': text, 'pages/one.html': text }, text);
}

async function deployed() {
  const { exitCode, answer, stderr } = await project.json<TransactionResult>(['deploy', 'production']);
  return { exitCode, outcome: answer.outcome, failure: answer.servers?.[0]?.failure, answer, stderr };
}

const shell = (script: string) => inContainer(server, ['sh', '-c', script]);

async function stateOf(path: string) {
  return {
    current: await currentOf(server, path),
    page: await contentOf(server, `${path}/current/index.html`),
    releases: await namesIn(server, `${path}/releases`),
  };
}

async function expectWorking(path: string): Promise<void> {
  await project.configure(on(path));
  expect(await deployed()).toMatchObject({ exitCode: 0 });
  expect(await contentOf(server, `${path}/current/index.html`)).toBe(`version ${version}`);
}

describe('permission denied', () => {
  beforeEach(() => nextVersion('/srv/app'));

  test.each([
    {
      what: 'to releases/',
      step: 'linkRelease',
      deny: 'chown root: /srv/app/releases',
      allow: 'chown deploy: /srv/app/releases',
      says: /releases\/\d{14}.*Permission denied/s,
    },
    {
      what: 'to a directory of the cache',
      step: 'syncCache',
      deny: 'chown root: /srv/app/deploy-cache/pages',
      allow: 'chown deploy: /srv/app/deploy-cache/pages',
      says: /deploy-cache\/.*pages\/one.html.*Permission denied/s,
    },
  ])(
    '$what: the old release is served, and once it is granted the next one is',
    async ({ step, deny, allow, says }) => {
      const before = await stateOf('/srv/app');
      await shell(deny);
      const { exitCode, outcome, failure } = await deployed();
      expect({ exitCode, outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
      expect(failure).toMatchObject({ step, code: 'E_REMOTE', message: expect.stringMatching(says) });
      expect(await stateOf('/srv/app')).toEqual(before);
      await shell(allow);
      await expectWorking('/srv/app');
    },
  );
});

describe('a read-only file system', () => {
  /** Another mount over it, since files are open for writing on the way. */
  const READ_ONLY = `mount --bind ${MOUNT} ${MOUNT} && mount -o remount,bind,ro ${MOUNT}`;
  const makeWritable = () => shell(`umount -l ${MOUNT}`);

  test('is refused before anything is touched', async () => {
    await nextVersion(MOUNT);
    const before = await stateOf(MOUNT);
    await shell(READ_ONLY);
    const { exitCode, answer } = await project.json<{ error: { code: string; message: string } }>([
      'deploy',
      'production',
    ]);
    await makeWritable();
    expect({ exitCode, code: answer.error.code }).toEqual({ exitCode: 4, code: 'E_REFUSED' });
    expect(answer.error.message).toContain(`web1: deploy may not write to ${MOUNT}`);
    expect(await stateOf(MOUNT)).toEqual(before);
    await expectWorking(MOUNT);
  });

  test('that it becomes on the way: nothing is switched, what is served is told, and it is resumed', async () => {
    const waiting = 'touch /tmp/here; until [ -e /tmp/on ]; do sleep 0.05; done';
    await nextVersion(MOUNT, { commands: { postUpload: [waiting] } });
    const before = await stateOf(MOUNT);
    const [{ exitCode, outcome, answer }] = await Promise.all([
      deployed(),
      shell(`until [ -e /tmp/here ]; do sleep 0.05; done; ${READ_ONLY}; touch /tmp/on`),
    ]);
    expect({ exitCode, outcome }).toEqual({ exitCode: 13, outcome: 'stranded' });
    expect(answer.servers[0]).toMatchObject({
      current: before.current.slice('releases/'.length),
      failure: { message: expect.stringMatching(/^web1: .*Read-only file system/s) },
    });
    expect(answer.problems).toEqual([
      expect.stringMatching(/^web1: the lock could not be released: .*Read-only file system/),
    ]);
    expect(await stateOf(MOUNT)).toEqual({ ...before, releases: [...before.releases, answer.release] });

    await makeWritable();
    expect((await project.run(['deploy', 'production'])).exitCode).toBe(14);
    expect((await project.run(['resume', 'production', '--abort'])).stdout).toContain(
      `web1 serves the old release ${before.current.slice('releases/'.length)}`,
    );
    expect(await stateOf(MOUNT)).toEqual(before);
    await expectWorking(MOUNT);
  });
});
