import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { HookContext, Json } from '../../core/contract/index.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

async function run(raw: Json, scope = fakeScope(), given: Partial<HookContext> = {}) {
  const directory = await folder();
  const resolvePath = (path: string) => join(directory, path);
  await hook.create(hook.parse(raw), scope).run({ ...fakeHookContext({}, scope), resolvePath, ...given });
  return { directory, lines: scope.lines };
}

async function folder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'cutover-command-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a text runs in the shell, where the configuration is, and both streams are told', async () => {
  const { directory, lines } = await run({ run: 'pwd; echo "to err" >&2; printf "no end é"' });
  expect([...lines].sort()).toEqual([directory, 'no end é', 'to err'].sort());
});

test('of a list no shell reads anything', async () => {
  const { lines } = await run({ argv: ['printf', '%s\\n', '$HOME', 'a b', "it's"] });
  expect(lines).toEqual(['$HOME', 'a b', "it's"]);
});

test('the variables tell what is deployed, and secrets come from where they are', async () => {
  // Those of whoever runs the tests.
  for (const name of Object.keys(process.env)) if (name.startsWith('CUTOVER_')) vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { lines } = await run(
    { run: 'env | grep -E "^(CUTOVER_|TOKEN=)" | LC_ALL=C sort', variables: { TOKEN: { env: 'SECRET' } } },
    fakeScope({ secrets: { SECRET: 's3cret' } }),
    { previous: '20261120080000', roles: ['web', 'db'], kind: 'rollback', failure: 'it broke' },
  );
  expect(lines).toEqual([
    'CUTOVER_APPLICATION=shop',
    'CUTOVER_BRANCH=main',
    'CUTOVER_CURRENT_PATH=/srv/shop/current',
    'CUTOVER_DEPLOYER=ann@laptop',
    'CUTOVER_ENVIRONMENT=production',
    'CUTOVER_FAILURE=it broke',
    'CUTOVER_FIRST=0',
    'CUTOVER_POINT=after:activate',
    'CUTOVER_PREVIOUS_PATH=/srv/shop/releases/20261120080000',
    'CUTOVER_PREVIOUS_RELEASE=20261120080000',
    'CUTOVER_PREVIOUS_REVISION=',
    'CUTOVER_RELEASE=20261121193811',
    'CUTOVER_RELEASE_PATH=/srv/shop/releases/20261121193811',
    'CUTOVER_REVISION=f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
    'CUTOVER_ROLES=web db',
    'CUTOVER_ROLLBACK=1',
    'CUTOVER_SERVER=web1',
    'CUTOVER_SHARED_PATH=/srv/shop/shared',
    'TOKEN=s3cret',
  ]);
});

test('the first deployment has no previous path', async () => {
  const { lines } = await run({ run: 'echo "$CUTOVER_FIRST <$CUTOVER_PREVIOUS_PATH>"' });
  expect(lines).toEqual(['1 <>']);
});

test.each([
  [{ run: 'echo why; exit 3' }, '`echo why; exit 3` ended with status 3.'],
  [{ argv: ['sh', '-c', 'kill -KILL $$'] }, '`sh -c kill -KILL $$` was ended by SIGKILL.'],
])('%j fails', async (raw, message) => {
  await expect(run(raw)).rejects.toMatchObject({ code: 'E_HOOK', message });
});

test('a program that is not there, and a directory that is not, are told', async () => {
  await expect(run({ argv: ['no-such-program'] })).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('`no-such-program` cannot be started in '),
  });
  await expect(run({ run: 'true', directory: 'no/such' })).rejects.toMatchObject({ code: 'E_CAPABILITY' });
});

test('it gets no input, so that nothing can wait for an answer', async () => {
  expect((await run({ run: 'cat; echo over' })).lines).toEqual(['over']);
});

test('what it leaves in the background is not waited for', async () => {
  const directory = await folder();
  const { lines } = await run({ run: `sleep 600 & echo $! >${directory}/pid; echo started` });
  expect(lines).toEqual(['started']);
  const pid = Number(await readFile(join(directory, 'pid'), 'utf8'));
  expect(isRunning(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});

test.each(['', 'trap "" TERM; '])('the signal ends it with all that it began (%j)', async (prefix) => {
  const stop = new AbortController();
  const directory = await folder();
  await writeFile(join(directory, 'pids'), '');
  const scope = fakeScope({ signal: stop.signal });
  const log = (line: string) => {
    if (line === 'ready') stop.abort(new Error('enough'));
  };
  const text = `${prefix}sleep 600 & echo $$ $! >${directory}/pids; echo ready; wait; wait`;
  await expect(run({ run: text }, scope, { log })).rejects.toThrow('enough');
  const pids = (await readFile(join(directory, 'pids'), 'utf8')).trim().split(' ').map(Number);
  expect(pids).toHaveLength(2);
  await expect.poll(() => pids.filter(isRunning), { timeout: 5_000 }).toEqual([]);
});

test('what it began has time to tidy, also where the shell around it ends at once', async () => {
  const stop = new AbortController();
  const scope = fakeScope({ signal: stop.signal });
  const lines: string[] = [];
  const log = (line: string) => {
    lines.push(line);
    if (line === 'ready') stop.abort(new Error('enough'));
  };
  const child = 'trap "sleep 0.1; echo tidy; exit" TERM; echo ready; while :; do sleep 0.05; done';
  await expect(run({ run: `(${child}) & wait` }, scope, { log })).rejects.toThrow('enough');
  expect(lines).toContain('tidy');
});

test('one that is over before it begins is not begun', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(run({ argv: ['no-such-program'] }, fakeScope({ signal }))).rejects.toThrow('enough');
});

test('who wrote it says what a resumed one does; nobody else knows', () => {
  const interrupted = (raw: Json) => hook.create(hook.parse(raw), fakeScope()).interrupted;
  expect(interrupted({ run: 'x' })).toBe('fail');
  expect(interrupted({ run: 'x', interrupted: 'again' })).toBe('again');
});

test.each([
  [{}],
  [{ run: 'x', argv: ['x'] }],
  [{ argv: [] }],
  [{ run: '' }],
  [{ run: 'x', interrupted: 'maybe' }],
  [{ run: 'x', variables: { 'a b': 'c' } }],
  [{ run: 'x\0y' }],
  [{ run: 'x', shell: 'bash' }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});

/** A zombie has ended: only its parent has not looked yet. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return true;
}
