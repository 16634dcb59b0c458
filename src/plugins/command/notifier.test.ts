import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Json, Notice } from '../../core/contract/index.ts';
import { fakeNotice } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { notifier } from './notifier.ts';

async function notify(raw: Json, scope = fakeScope(), given: Partial<Notice> = {}) {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'cutover-notify-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const resolvePath = (path: string) => join(directory, path);
  await notifier.create(notifier.parse(raw), scope).notify(fakeNotice(given), { ...scope, resolvePath });
  return { directory, lines: scope.lines };
}

test('the notice is the input of the program, as JSON', async () => {
  const { lines } = await notify({ argv: ['cat'] });
  expect(lines.map((line) => JSON.parse(line))).toEqual([fakeNotice()]);
});

test('a text is for the shell, and runs where the configuration is', async () => {
  const { lines, directory } = await notify({ run: 'pwd; echo "$CUTOVER_OUTCOME" | tr a-z A-Z' });
  expect(lines).toEqual([directory, 'COMMITTED']);
});

test('a program that does not read its input is no problem', async () => {
  await notify({ argv: ['true'] }, fakeScope(), { message: 'x'.repeat(1_000_000) });
});

test('its environment has the facts and what was given to it, and nothing of anybody else', async () => {
  vi.stubEnv('SOME_TOKEN', 's3cret');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { lines } = await notify(
    {
      run: 'env | grep -vE "^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|PWD|OLDPWD|SHLVL|_)=" | LC_ALL=C sort',
      variables: { MINE: { env: 'X' } },
    },
    fakeScope({ secrets: { X: 'mine' } }),
    { text: 'one line', message: 'Fix "it" $(touch pwned)', previous: '20261120081502' },
  );
  expect(lines).toEqual([
    'CUTOVER_APPLICATION=shop',
    'CUTOVER_AUTHOR=Ann',
    'CUTOVER_BRANCH=main',
    'CUTOVER_DEPLOYER=ann@laptop',
    'CUTOVER_ENVIRONMENT=production',
    'CUTOVER_EVENTS=succeeded',
    'CUTOVER_KIND=deploy',
    'CUTOVER_MESSAGE=Fix "it" $(touch pwned)',
    'CUTOVER_OUTCOME=committed',
    'CUTOVER_PREVIOUS_RELEASE=20261120081502',
    'CUTOVER_RELEASE=20261121193811',
    'CUTOVER_REVISION=f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
    'CUTOVER_TEXT=one line',
    'CUTOVER_TITLE=shop: production serves 20261121193811',
    'MINE=mine',
  ]);
});

test('one that fails is a problem, and what it said stands in the story', async () => {
  const scope = fakeScope();
  await expect(notify({ run: 'echo why >&2; exit 3' }, scope)).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: '`echo why >&2; exit 3` ended with status 3.',
  });
  expect(scope.lines).toEqual(['why']);
});

test('the signal ends it with all that it began', async () => {
  const stop = new AbortController();
  const scope = fakeScope({ signal: stop.signal });
  const log = (line: string) => {
    scope.lines.push(line);
    stop.abort(new Error('too late'));
  };
  const telling = notify({ run: 'sleep 600 & echo $!; wait' }, { ...scope, log });
  await expect(telling).rejects.toThrow('too late');
  const pid = Number(scope.lines[0]);
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
});

/** A process that has ended and was not yet waited for does not run. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !/\) Z/.test(status);
}

test.each([[{}], [{ run: 'x', argv: ['x'] }], [{ run: 'x', interrupted: 'again' }]])(
  '%j are no options',
  (raw) => {
    expect(() => notifier.parse(raw)).toThrow();
  },
);
