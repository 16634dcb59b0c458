import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { localCommands } from '../testing/commands.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());

/**
 * Behaves as systemctl(1) of a unit `app`, the properties of which are files in the folder `app`. What a restart makes of them is said by the test.
 */
const SYSTEMCTL = `#!/bin/sh
[ "$1" = --user ] && { [ -n "$XDG_RUNTIME_DIR" ] || exit 9; shift; }
echo "$*" >>"$HERE/calls"
case $1 in
  show) property=\${2#--property=}; [ -d "$HERE/$4" ] || { echo not-found; exit; }; cat "$HERE/$4/$property" 2>/dev/null; if [ "$property" = NRestarts ]; then . "$HERE/later"; fi ;;
  reset-failed) ;;
  *) . "$HERE/deed" ;;
esac
`;
const put = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `echo ${value} >"$HERE/app/${name}"`)
    .join('\n');
const ANEW = put({ InvocationID: 'b2', ActiveState: 'active', SubState: 'running', NRestarts: '0' });

async function restart(
  raw: Json,
  { deed = ANEW, later = ':', state = 'active' }: { deed?: string; later?: string; state?: string } = {},
) {
  const here = await mkdtemp(join(tmpdir(), 'cutover-systemd-'));
  onTestFinished(() => rm(here, { recursive: true }));
  const programs = {
    systemctl: SYSTEMCTL,
    sudo: '#!/bin/sh\necho "sudo $*" >>"$HERE/calls"; shift; exec "$@"\n',
    journalctl: '#!/bin/sh\necho "journal: $*"\n',
    // At each look the next second has just begun.
    date: '#!/bin/sh\necho x >>"$HERE/clock"; wc -l <"$HERE/clock"\n',
  };
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(here, name), text, { mode: 0o755 });
  await mkdir(join(here, 'app'));
  const before = {
    LoadState: 'loaded',
    ActiveState: state,
    InvocationID: 'a1',
    NRestarts: '0',
    Result: 'success',
  };
  for (const [name, value] of Object.entries(before)) await writeFile(join(here, 'app', name), `${value}\n`);
  await writeFile(join(here, 'deed'), deed);
  await writeFile(join(here, 'later'), later);
  const variables = { PATH: `${here}:${process.env.PATH}`, HERE: here, XDG_RUNTIME_DIR: here };
  const { command, said } = localCommands(here, variables);
  const failure = await create(raw)
    .run(fakeHookContext({ command }))
    .then(
      () => null,
      (error: Error) => error.message,
    );
  const calls = (await readFile(join(here, 'calls'), 'utf8').catch(() => '')).trim().split('\n');
  return { failure, said: said.join(''), deeds: calls.filter((call) => !call.startsWith('show')) };
}

const quick = { unit: 'app', stable: '1s' };

test('a unit of the user is restarted, and stays active', async () => {
  expect(await restart(quick)).toEqual({
    failure: null,
    said: 'ok: active: app\n',
    deeds: ['reset-failed app', 'restart app'],
  });
});

test('one of the system is restarted by sudo, which asks for no password', async () => {
  const { failure, deeds } = await restart({ ...quick, sudo: true });
  expect({ failure, deeds }).toEqual({
    failure: null,
    deeds: ['sudo -n systemctl restart app', 'restart app'],
  });
});

test('one of the system that failed is allowed to start once more', async () => {
  const { deeds } = await restart({ ...quick, sudo: true }, { state: 'failed' });
  expect(deeds.filter((call) => call.startsWith('sudo'))).toEqual([
    'sudo -n systemctl reset-failed app',
    'sudo -n systemctl restart app',
  ]);
});

test('a reload need not start it anew', async () => {
  expect(await restart({ ...quick, do: 'reload' }, { deed: ':' })).toMatchObject({
    failure: null,
    deeds: ['reload app'],
  });
});

test('a restart that leaves the old processes running is none', async () => {
  expect(await restart(quick, { deed: ':' })).toMatchObject({ failure: 'app was not started anew.' });
});

test('what systemctl refuses is told with the end of the journal', async () => {
  const { failure, said } = await restart(
    { ...quick, journalLines: 7 },
    { deed: 'echo Access denied; exit 4' },
  );
  expect(failure).toBe('systemctl restart app ended with status 4.');
  expect(said).toContain('Access denied\nThe end of the journal of app:\njournal: --user-unit=app --lines=7');
});

test('a unit that fails behind its restart is told, though systemctl was content', async () => {
  const crash = put({ ActiveState: 'failed', SubState: 'failed', Result: 'exit-code' });
  const { failure, said } = await restart(quick, { later: crash });
  expect(failure).toBe('app is failed (failed, result exit-code) after restart.');
  expect(said).toContain('The end of the journal of app:');
});

test('one that is started over and over is not active, whatever it says', async () => {
  const again = 'echo $(($(cat "$HERE/app/NRestarts") + 1)) >"$HERE/app/NRestarts"';
  const { failure } = await restart({ ...quick, timeout: '1s' }, { later: again });
  expect(failure).toMatch(/^app does not stay active after restart: systemd started it anew \d+ times\.$/);
});

test('one that fails before it was active for as long as it has to be is told', async () => {
  const crash = put({ ActiveState: 'failed', SubState: 'failed', Result: 'exit-code' });
  const later = `echo x >>"$HERE/looks"; [ "$(wc -l <"$HERE/looks")" -lt 2 ] || { ${crash}\n}`;
  const { failure } = await restart(quick, { later });
  expect(failure).toBe('app is failed (failed, result exit-code) after restart.');
});

test('one that takes its time is waited for', async () => {
  const deed = put({ InvocationID: 'b2', ActiveState: 'activating' });
  const later = `echo x >>"$HERE/looks"; [ "$(wc -l <"$HERE/looks")" -lt 3 ] || ${put({ ActiveState: 'active' })}`;
  expect(await restart(quick, { deed, later })).toMatchObject({ failure: null });
});

test('a unit that systemd does not know is told, and nothing is done', async () => {
  expect(await restart({ ...quick, unit: ['other.service', 'app'] })).toMatchObject({
    failure: 'systemd knows no unit other.service.',
    deeds: [],
  });
});

test('a user for whom systemd runs nothing is told what lets it', async () => {
  const { command } = localCommands(tmpdir(), { XDG_RUNTIME_DIR: '/no/such', PATH: `${process.env.PATH}` });
  await expect(create(quick).run(fakeHookContext({ command }))).rejects.toThrow(/loginctl enable-linger/);
});

test('where no commands can be run it says so', async () => {
  await expect(create(quick).run(fakeHookContext())).rejects.toMatchObject({ code: 'E_CAPABILITY' });
});

test('its deadline lets each unit stop and start, and a resumed one restarts once more', () => {
  expect(create({ unit: ['a', 'b'] })).toMatchObject({ interrupted: 'again', deadlineMs: 364_000 });
});

test.each([
  [{}],
  [{ unit: '--all' }],
  [{ unit: 'a b' }],
  [{ unit: 'a', do: 'stop' }],
  [{ unit: 'a', user: 'x' }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});
