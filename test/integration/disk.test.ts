import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { createProject, type EnvironmentOptions, type Project, serverEntry } from './support/project.ts';
import { contentOf, currentOf, inContainer, namesIn, tidiedIn } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

/** Small disks: one of few bytes, one of few inodes. */
const BYTES = '/srv/bytes';
const INODES = '/srv/inodes';

let server: SshServer;
let project: Project;
let version = 0;

beforeAll(async () => {
  server = await startServer({
    image: 'openssh',
    tmpfs: { [BYTES]: 'size=8m,uid=1000,gid=1000', [INODES]: 'nr_inodes=300,uid=1000,gid=1000' },
  });
  project = await createProject(on(BYTES));
  for (const path of [BYTES, INODES]) {
    await nextVersion(path);
    expect(await deployed()).toMatchObject({ exitCode: 0 });
  }
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await server?.stop();
});
beforeEach(() => shell(`rm -rf /usr/local/bin/* ${BYTES}/filler ${INODES}/filler`));

function on(path: string, more: object = {}): EnvironmentOptions {
  return { servers: { web1: serverEntry(server, { path }) }, ...more };
}

async function nextVersion(path: string, more: object = {}): Promise<void> {
  version += 1;
  await project.configure(on(path, more));
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`pages/${index}.html`, `${version} ${'x'.repeat(50_000)}`]),
  );
  await project.repository.commit({ 'index.html': `version ${version}`, ...files }, `Version ${version}`);
}

async function deployed() {
  const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
  return { exitCode, outcome: answer.outcome, failure: answer.servers?.[0]?.failure, answer };
}

async function shell(script: string): Promise<string> {
  return inContainer(server, ['sh', '-c', script]);
}

/** Somebody else takes all that is left, just before this program of a step begins its work. */
async function fillBefore(tool: string, pattern: string, fill: string): Promise<void> {
  const text = `#!/bin/sh\ncase "$*" in ${pattern}) (${fill}) 2>/dev/null ;; esac\nexec /usr/bin/${tool} "$@"\n`;
  await inContainer(server, [
    'sh',
    '-c',
    'printf %s "$1" >"/usr/local/bin/$2" && chmod 755 "/usr/local/bin/$2"',
    'sh',
    text,
    tool,
  ]);
}

const ALL_BYTES = `cat /dev/zero >${BYTES}/filler`;
/** One line more in the ledger needs a block that is not there. */
const FULL_BLOCK = `size=$(wc -c <${BYTES}/.cutover/ledger); head -c "$((4096 - size % 4096))" /dev/zero >>${BYTES}/.cutover/ledger`;
const ALL_INODES = `mkdir -p ${INODES}/filler; i=0; while : >${INODES}/filler/$i; do i=$((i + 1)); done`;

/** What is served and kept, to be compared: what a failed deployment must leave as it was. */
async function stateOf(path: string) {
  return {
    current: await currentOf(server, path),
    page: await contentOf(server, `${path}/current/index.html`),
    releases: await namesIn(server, `${path}/releases`),
  };
}

/** What a deployment that did not end well must free: all but names. */
async function unfinished(path: string): Promise<string> {
  const places = ['build', 'incoming', 'trash'].map((name) => `${path}/.cutover/${name}`).join(' ');
  return shell(`find ${places} -mindepth 1 ! -name '*.removed' 2>/dev/null || :`);
}

/** Nothing is served but what was, nothing is left, and with room again the next deployment works. */
async function expectUndone(path: string, before: Awaited<ReturnType<typeof stateOf>>): Promise<void> {
  expect(await stateOf(path)).toEqual(before);
  expect(await unfinished(path)).toBe('');
  await shell(`rm -rf /usr/local/bin/* ${path}/filler`);
  const { answer } = await project.json<{ servers: object[] }>(['status', 'production']);
  expect(answer.servers[0]).toMatchObject({
    reachable: true,
    lock: null,
    openTransaction: null,
    drift: null,
  });
  await project.configure(on(path));
  expect(await deployed()).toMatchObject({ exitCode: 0 });
  expect(await contentOf(server, `${path}/current/index.html`)).toBe(`version ${version}`);
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
    await nextVersion(path);
    await shell(`(${fill}) 2>/dev/null || :`);
    const listed = `find ${path} | sort; cat ${path}/.cutover/ledger`;
    const before = await shell(listed);
    const { exitCode, answer } = await project.json<{ error: { code: string; message: string } }>([
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
      { only: 'inodes', step: 'prepare', tool: 'mkdir', pattern: '*.cutover/build*' },
      { only: null, step: 'syncCache', tool: 'tar', pattern: '*' },
      { only: 'inodes', step: 'linkRelease', tool: 'cp', pattern: '*.cutover/build/*' },
    ].filter(({ only }) => only === null || only === what),
  )('taken away in $step: the old release is served, and all is freed', async ({ step, tool, pattern }) => {
    await nextVersion(path);
    // With a standby a release needs no inode for its directories.
    await tidiedIn(server, path);
    await shell(`rm -rf ${path}/.cutover/standby`);
    const before = await stateOf(path);
    await fillBefore(tool, pattern, what === 'bytes' ? `${FULL_BLOCK}; ${fill}` : fill);

    const { exitCode, outcome, failure } = await deployed();

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
    await nextVersion(path, { commands: { postUpload: [`${inRelease}; exit 1`] } });
    const before = await stateOf(path);
    const { exitCode, outcome, failure } = await deployed();
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
  await nextVersion(BYTES, { keep: 1, commands: { postLaunch: [fill] } });
  const { exitCode, outcome, answer } = await deployed();
  expect({ exitCode, outcome, problems: answer.problems }).toEqual({
    exitCode: 0,
    outcome: 'committed',
    problems: [],
  });
  expect(await namesIn(server, `${BYTES}/releases`)).toEqual([answer.release]);
  expect(await shell(`tail -n 1 ${BYTES}/.cutover/ledger`)).toMatch(/"succeeded"/);
});
