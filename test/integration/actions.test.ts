import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProject, type Project } from './support/project.ts';

const NAMES = ['web1', 'web2', 'web3'];
const ACTIONS = { GITHUB_ACTIONS: 'true', CI: 'true' };
const HOSTILE =
  'printf \'::set-env name=A::%s\\n##[add-path]b\\n\' token-1234567890; test "$CUTOVER_SERVER" != web2';

let project: Project;

beforeAll(async () => {
  project = await createProject({ servers: {} });
  await project.configure(environment());
  await project.repository.commit({ 'index.html': 'one' }, 'One');
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

function environment(more: object = {}) {
  return {
    servers: Object.fromEntries(
      NAMES.map((name) => [name, { transport: 'local', path: join(project.path, 'srv', name) }]),
    ),
    ...more,
  };
}

test('a run of GitHub Actions has groups, annotations and a summary, and what a command prints is none', async () => {
  const summary = join(project.path, 'summary.md');
  const env = { ...ACTIONS, GITHUB_STEP_SUMMARY: summary };
  const first = await project.run(['deploy', 'production'], { env });
  expect(first.exitCode).toBe(0);
  const commands = first.stderr.split('\n').filter((line) => /^\s*::|##\[/.test(line));
  expect(commands).toEqual([
    '::group::Prepare',
    '::endgroup::',
    '::group::Change over',
    '::endgroup::',
    '::group::Clean up',
    '::endgroup::',
  ]);
  expect(await readFile(summary, 'utf8')).toMatch(/^\n### production\\: committed, \d{14}\n/);

  await project.repository.commit({ 'index.html': 'two' }, 'Two');
  await project.configure(environment({ commands: { postUpload: [HOSTILE] } }));
  const second = await project.run(['deploy', 'production'], { env });
  expect(second.exitCode).toBe(12);
  const told = `${second.stdout}\n${second.stderr}`.split('\n').filter((line) => /^\s*::|##\[/.test(line));
  expect(told.map((line) => line.replace(/::\[.*/, ''))).toEqual([
    '::group::Prepare',
    '::endgroup::',
    '::error title=web2%3A postUpload failed',
    '::group::Take back',
    '::endgroup::',
  ]);
  const text = await readFile(summary, 'utf8');
  expect(text.match(/^### /gm)).toHaveLength(2);
  expect(text).toMatch(/\| \*\*web2\*\* \|.*\*\*failed\*\*/);
});

test('the log of the server that failed is named, is for its owner alone, and has all that was printed', async () => {
  await project.repository.commit({ 'index.html': 'three' }, 'Three');
  const { stdout } = await project.run(['deploy', 'production']);
  const path = /Full log: (.*web2\.log)$/m.exec(stdout)?.[1];
  const text = await readFile(path!, 'utf8');
  expect(text).toMatch(/^\S+Z \| \\x3A:set-env name=A::token-1234567890$/m);
  expect(text).toMatch(/^\S+Z postUpload failed after /m);
  expect((await stat(path!)).mode & 0o777).toBe(0o600);
});

test('a summary that cannot be written, and logs that cannot be, fail nothing', async () => {
  await project.configure(environment());
  await project.repository.commit({ 'index.html': 'four' }, 'Four');
  const state = join(project.path, 'state');
  await mkdir(join(state, 'journals'), { recursive: true });
  await writeFile(join(state, 'logs'), 'a file where the directory should be');
  const env = { ...ACTIONS, GITHUB_STEP_SUMMARY: state, CUTOVER_STATE_DIR: state };
  const { exitCode, stdout, stderr } = await project.run(['deploy', 'production'], { env });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('::warning title=cutover::The step summary could not be written: EISDIR');
  expect(stderr).toMatch(/^::warning title=cutover::the logs in \S+ could not be written/m);
  expect(stdout).toMatch(/^1 problem that stopped nothing:\n {2}! the logs in /m);
});

test('what is refused is an annotation and stands in the summary, and none comes between JSON lines', async () => {
  const summary = join(project.path, 'refused.md');
  const env = { ...ACTIONS, GITHUB_STEP_SUMMARY: summary };
  const refused = await project.run(['deploy', 'nowhere'], { env });
  expect(refused.stderr).toMatch(/^::error title=cutover%3A E_\w+::.*nowhere/m);
  expect(await readFile(summary, 'utf8')).toContain('nowhere');
  const events = await project.run(['deploy', 'nowhere', '--events', '--json'], { env });
  expect(events.stderr).toBe('');
});
