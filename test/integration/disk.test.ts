import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { putInFront, removeFronts } from './support/frontOfTool.ts';
import type { Tree } from './support/gitRepository.ts';
import { inContainer, namesIn, tidiedIn } from './support/remoteTree.ts';
import { openVersions, type State, type Versions } from './support/versions.ts';

/** Small disks: one of few bytes, one of few inodes. */
const BYTES = '/srv/bytes';
const INODES = '/srv/inodes';

let at: Versions;

beforeAll(async () => {
  const tmpfs = { [BYTES]: 'size=8m,uid=1000,gid=1000', [INODES]: 'nr_inodes=300,uid=1000,gid=1000' };
  at = await openVersions({ image: 'openssh', tmpfs }, [BYTES, INODES], pages);
});
afterAll(() => at?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await removeFronts(at.server);
  await shell(`rm -rf ${BYTES}/filler ${INODES}/filler`);
});

const pages = (version: number): Tree =>
  Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`pages/${index}.html`, `${version} ${'x'.repeat(50_000)}`]),
  );

const shell = (script: string) => inContainer(at.server, ['sh', '-c', script]);

/** Somebody else takes all that is left, just before this program of a step begins its work. */
const fillBefore = (tool: string, pattern: string, fill: string) =>
  putInFront(at.server, tool, pattern, `(${fill}) 2>/dev/null`);

const ALL_BYTES = `cat /dev/zero >${BYTES}/filler`;
/** One line more in the ledger needs a block that is not there. */
const FULL_BLOCK = `size=$(wc -c <${BYTES}/.cutover/ledger); head -c "$((4096 - size % 4096))" /dev/zero >>${BYTES}/.cutover/ledger`;
const ALL_INODES = `mkdir -p ${INODES}/filler; i=0; while : >${INODES}/filler/$i; do i=$((i + 1)); done`;

/** What a deployment that did not end well must free: all but names. */
async function unfinished(path: string): Promise<string> {
  const places = ['build', 'incoming', 'trash'].map((name) => `${path}/.cutover/${name}`).join(' ');
  return shell(`find ${places} -mindepth 1 ! -name '*.removed' 2>/dev/null || :`);
}

/** Nothing is served but what was, nothing is left, and with room again the next deployment works. */
async function expectUndone(path: string, before: State): Promise<void> {
  expect(await at.stateOf(path)).toEqual(before);
  expect(await unfinished(path)).toBe('');
  await removeFronts(at.server);
  await shell(`rm -rf ${path}/filler`);
  const { answer } = await at.project.json<{ servers: object[] }>(['status', 'production']);
  expect(answer.servers[0]).toMatchObject({
    reachable: true,
    lock: null,
    openTransaction: null,
    drift: null,
  });
  await at.expectWorking(path);
}

const TEXT = {
  bytes:
    /^web1: .*No space left on device.* \(the file system of \/srv\/bytes has 0 bytes and \d+ inodes free\)$/s,
  inodes:
    /^web1: .*No space left on device.* \(the file system of \/srv\/inodes has \d+ bytes and 0 inodes free\)$/s,
};

describe.each([
  { what: 'bytes', path: BYTES, fill: ALL_BYTES },
  { what: 'inodes', path: INODES, fill: ALL_INODES },
] as const)('few $what', ({ what, path, fill }) => {
  test('what cannot fit is refused before anything is touched', async () => {
    await at.next(path);
    await shell(`(${fill}) 2>/dev/null || :`);
    const listed = `find ${path} | sort; cat ${path}/.cutover/ledger`;
    const before = await shell(listed);
    const { exitCode, answer } = await at.project.json<{ error: { code: string; message: string } }>([
      'deploy',
      'production',
    ]);
    expect(exitCode).toBe(4);
    expect(answer.error).toMatchObject({
      code: 'E_REFUSED',
      message: expect.stringMatching(
        new RegExp(`web1: the file system of ${path} has 0 ${what} free and the deployment needs \\d+`),
      ),
    });
    expect(await shell(listed)).toBe(before);
  });

  test.each(
    // A directory needs an inode on this file system, and no bytes.
    [
      { only: 'inodes', step: 'prepare', tool: 'mkdir', pattern: '*.cutover/standby*' },
      { only: null, step: 'syncCache', tool: 'tar', pattern: '*' },
      { only: 'inodes', step: 'linkRelease', tool: 'cp', pattern: '*.cutover/build/*' },
    ].filter(({ only }) => only === null || only === what),
  )('taken away in $step: the old release is served, and all is freed', async ({ step, tool, pattern }) => {
    await at.next(path);
    // With a standby a release needs no inode for its directories.
    await tidiedIn(at.server, path);
    await shell(`rm -rf ${path}/.cutover/standby`);
    const before = await at.stateOf(path);
    await fillBefore(tool, pattern, what === 'bytes' ? `${FULL_BLOCK}; ${fill}` : fill);

    const { exitCode, outcome, failure } = await at.deploy();

    expect({ exitCode, outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
    expect(failure).toMatchObject({
      step,
      code: 'E_DISK_FULL',
      message: expect.stringMatching(TEXT[what]),
      hint: expect.stringContaining('Free some space'),
    });
    await expectUndone(path, before);
  });

  test('taken away by a post-upload command: the same, and what it took in the release is free again', async () => {
    const inRelease = fill.replaceAll(`${path}/`, '');
    await at.next(path, { commands: { postUpload: [`${inRelease}; exit 1`] } });
    const before = await at.stateOf(path);
    const { exitCode, outcome, failure } = await at.deploy();
    expect({ exitCode, outcome }).toEqual({ exitCode: 12, outcome: 'compensated' });
    expect(failure).toMatchObject({
      step: 'postUpload',
      // Its exit status is a file too: without an inode for it nobody knows how it ended.
      code: what === 'bytes' ? 'E_COMMAND' : 'E_UNKNOWN',
      message: expect.stringMatching(new RegExp(`${path} has .*\\b\\d ${what}\\b.* free\\)$`)),
    });
    await expectUndone(path, before);
  });
});

test('bytes taken away once all is live: what is removed makes room for what the ledger has to say', async () => {
  const fill = `${FULL_BLOCK}; ${ALL_BYTES} 2>/dev/null || :`;
  await at.next(BYTES, { keep: 1, commands: { postLaunch: [fill] } });
  const { exitCode, outcome, answer } = await at.deploy();
  expect({ exitCode, outcome, problems: answer.problems }).toEqual({
    exitCode: 0,
    outcome: 'committed',
    problems: [],
  });
  expect(await namesIn(at.server, `${BYTES}/releases`)).toEqual([answer.release]);
  expect(await shell(`tail -n 1 ${BYTES}/.cutover/ledger`)).toMatch(/"succeeded"/);
});
