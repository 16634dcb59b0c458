import { execFile } from 'node:child_process';
import { chmod, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { SecretReference } from '../contract/index.ts';
import { resolveSecret, type SecretContext } from './secrets.ts';
import { folderWith } from './testing/folder.ts';

const signal = new AbortController().signal;

async function resolveIn(
  files: Readonly<Record<string, string>>,
  reference: SecretReference,
  context: Partial<SecretContext> = {},
) {
  const baseDirectory = await folderWith(files);
  await Promise.all(Object.keys(files).map((name) => chmod(join(baseDirectory, name), 0o600)));
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const value = await resolveSecret(reference, { env: {}, baseDirectory, signal, warn, ...context });
  return { value, warnings, baseDirectory };
}

test('a secret comes from the environment as it is', async () => {
  const { value } = await resolveIn({}, { env: 'PW' }, { env: { PW: ' a b\n' } });
  expect(value).toBe(' a b\n');
});

test.each([
  [{}, 'A secret is missing: the environment variable PW is not set.'],
  [{ PW: '' }, 'A secret is missing: the environment variable PW is empty.'],
])('without the variable its name is told: %o', async (env, message) => {
  await expect(resolveIn({}, { env: 'PW' }, { env })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message,
    hint: 'export PW=…',
  });
});

test.each([
  ['hunter2\n', 'hunter2'],
  ['hunter2\r\n', 'hunter2'],
  ['hunter2', 'hunter2'],
  [' two\nlines\n\n', ' two\nlines\n'],
])('a file %j holds %j', async (content, expected) => {
  const { value, warnings } = await resolveIn({ 'keys/pw': content }, { file: 'keys/pw' });
  expect(value).toBe(expected);
  expect(warnings).toEqual([]);
});

test('a file that others may read is used, with a warning', async () => {
  const baseDirectory = await folderWith({ pw: 'hunter2' });
  const file = join(baseDirectory, 'pw');
  await chmod(file, 0o640);
  const warnings: string[] = [];
  const context = { env: {}, baseDirectory, signal, warn: (message: string) => void warnings.push(message) };
  await expect(resolveSecret({ file }, context)).resolves.toBe('hunter2');
  expect(warnings).toEqual([`${file} holds a secret and others may read it; chmod 600 ${file}`]);
});

test.each([
  ['nowhere', /^The secret in \/.*\/nowhere could not be read: ENOENT/],
  ['folder', /folder could not be read: it is not a file\.$/],
  ['empty', /^A secret is missing: \/.*\/empty is empty\.$/],
  ['large', /large could not be read: it is larger than 65536 bytes\.$/],
])('a file that holds none says why: %s', async (file, message) => {
  const files = { empty: '\n', large: 'x'.repeat(65_537), 'folder/x': 'x' };
  await expect(resolveIn(files, { file })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringMatching(message),
  });
});

test('a command runs in the folder of the configuration, and its output is the secret', async () => {
  const { value } = await resolveIn({ pw: 'hunter2\n\n' }, { command: 'cat pw | tr h H' });
  expect(value).toBe('Hunter2\n');
});

test.each([
  [
    'echo hunter2; echo "not signed in" >&2; exit 3',
    'The command for a secret (echo …) failed (3): not signed in',
  ],
  ['kill -9 $$', 'The command for a secret (kill …) failed (SIGKILL).'],
  ['true', 'The command for a secret (true …) printed nothing.'],
])('a command that gives none says why, without what it printed: %s', async (command, message) => {
  await expect(resolveIn({}, { command })).rejects.toMatchObject({ code: 'E_CONFIG', message });
});

test('a command that reads its input finds it empty', async () => {
  const { value } = await resolveIn({}, { command: 'wc -c' });
  expect(value.trim()).toBe('0');
});

test('an interrupt is answered at once, also when the command does not obey', async () => {
  const abort = new AbortController();
  const baseDirectory = await folderWith({});
  const fifo = join(baseDirectory, 'fifo');
  await promisify(execFile)('mkfifo', [fifo]);
  const context = { env: {}, baseDirectory, signal: abort.signal, warn: () => {} };
  const pending = resolveSecret({ command: 'trap "" TERM; cat fifo; echo late' }, context);
  // Opens when the child reads, and lets it wait for more until it is closed.
  const writer = await open(fifo, 'w');
  onTestFinished(() => writer.close());
  abort.abort();
  await expect(pending).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});

test('a command that does not end is given up', async () => {
  const run: SecretContext['run'] = async () => ({ ended: 'aborted', stdout: 'half a secret', stderr: '' });
  await expect(resolveIn({}, { command: 'op read x' }, { run })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: 'The command for a secret (op …) did not end within 30 s.',
  });
});
