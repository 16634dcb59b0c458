import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { untilSo } from '../../src/core/testing/untilSo.ts';
import { inContainer } from './support/remoteTree.ts';
import { openVersions, type Versions } from './support/versions.ts';

/** A file system that can be made read-only. */
const MOUNT = '/srv/mount';

let at: Versions;

beforeAll(async () => {
  const tmpfs = { [MOUNT]: 'size=8m,uid=1000,gid=1000' };
  at = await openVersions(
    { image: 'openssh', tmpfs, capabilities: ['SYS_ADMIN'] },
    ['/srv/app', MOUNT],
    (version) => ({ 'bin/run': `version ${version}`, 'pages/one.html': `version ${version}` }),
  );
});
afterAll(() => at?.[Symbol.asyncDispose]());

const shell = (script: string) => inContainer(at.server, ['sh', '-c', script]);

describe('permission denied', () => {
  beforeEach(() => at.next('/srv/app'));

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
      const before = await at.stateOf('/srv/app');
      await shell(deny);
      const { exitCode, outcome, failure } = await at.deploy();
      expect({ exitCode, outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
      expect(failure).toMatchObject({ step, code: 'E_REMOTE', message: expect.stringMatching(says) });
      expect(await at.stateOf('/srv/app')).toEqual(before);
      await shell(allow);
      await at.expectWorking('/srv/app');
    },
  );
});

describe('a read-only file system', () => {
  /** Another mount over it, since files are open for writing on the way. */
  const READ_ONLY = `mount --bind ${MOUNT} ${MOUNT} && mount -o remount,bind,ro ${MOUNT}`;
  const makeWritable = () => shell(`umount -l ${MOUNT}`);

  test('is refused before anything is touched', async () => {
    await at.next(MOUNT);
    const before = await at.stateOf(MOUNT);
    await shell(READ_ONLY);
    const { exitCode, answer } = await at.project.json<{ error: { code: string; message: string } }>([
      'deploy',
      'production',
    ]);
    await makeWritable();
    expect({ exitCode, code: answer.error.code }).toEqual({ exitCode: 4, code: 'E_REFUSED' });
    expect(answer.error.message).toContain(`web1: deploy may not write to ${MOUNT}`);
    expect(await at.stateOf(MOUNT)).toEqual(before);
    await at.expectWorking(MOUNT);
  });

  test('that it becomes on the way: nothing is switched, what is served is told, and it is resumed', async () => {
    const waiting = `touch /tmp/here; ${untilSo('[ -e /tmp/on ]')}`;
    await at.next(MOUNT, { commands: { postUpload: [waiting] } });
    const before = await at.stateOf(MOUNT);
    const [{ exitCode, outcome, answer }] = await Promise.all([
      at.deploy(),
      shell(`${untilSo('[ -e /tmp/here ]')}; ${READ_ONLY}; touch /tmp/on`),
    ]);
    expect({ exitCode, outcome }).toEqual({ exitCode: 13, outcome: 'stranded' });
    expect(answer.servers[0]).toMatchObject({
      current: before.current.slice('releases/'.length),
      failure: { message: expect.stringMatching(/^web1: .*Read-only file system/s) },
    });
    expect(answer.problems).toEqual([
      expect.stringMatching(/^web1: the lock could not be released: .*Read-only file system/),
    ]);
    expect(await at.stateOf(MOUNT)).toEqual({ ...before, releases: [...before.releases, answer.release] });

    await makeWritable();
    expect((await at.project.run(['deploy', 'production'])).exitCode).toBe(14);
    expect((await at.project.run(['resume', 'production', '--abort'])).stdout).toContain(
      `web1 serves the old release ${before.current.slice('releases/'.length)}`,
    );
    expect(await at.stateOf(MOUNT)).toEqual(before);
    await at.expectWorking(MOUNT);
  });
});
