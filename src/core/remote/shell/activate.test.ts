import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineHere, type Here, ledgerLine, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import type { RenameMethod, RevertRequest } from '../engine.ts';

const A = '20260101000001';
const B = '20260101000002';

/** As uutils and toybox: no `mv -T` of a link over a link to a directory. */
const NO_MV_T = `case " $* " in *" -T "*) echo "mv: cannot move: Directory not empty" >&2; exit 1 ;; esac; exec /bin/mv "$@"`;

async function twoReleases(tools: Readonly<Record<string, string>> = {}): Promise<Here> {
  const here = await engineHere(localTransport({ env: { ...process.env, PATH: await pathWith(tools) } }));
  await here.build(A, { file: 'one' });
  await here.build(B, { file: 'two' });
  return here;
}

function reverting(here: Here, request: Partial<RevertRequest> = {}) {
  return here.engine.revert(
    here.fence,
    {
      release: B,
      previous: `releases/${A}`,
      previousMustExist: true,
      discard: true,
      record: ledgerLine(B, 'failed'),
      nonce: `${B}.undone`,
      ...request,
    },
    never,
  );
}

const current = (here: Here) => readlink(here.at('current')).catch(() => null);

test('the first release, and the next one, go live; asking twice changes nothing', async () => {
  const here = await twoReleases();
  for (let time = 0; time < 2; time++) {
    await here.activate(A, null);
    expect(await current(here)).toBe(`releases/${A}`);
  }
  for (let time = 0; time < 2; time++) {
    await here.activate(B, `releases/${A}`);
    expect(await readFile(here.at('current/file'), 'utf8')).toBe('two');
  }
  const ledger = (await readFile(here.at('.cutover/ledger'), 'utf8')).trim().split('\n');
  expect(ledger.filter((line) => line.includes('active'))).toEqual([
    ledgerLine(A, 'active'),
    ledgerLine(B, 'active'),
  ]);
});

test.for([
  ['another release', 'releases/initial'],
  ['nothing', null],
] as const)('current that leads to %s is not what was planned', async ([, text]) => {
  const here = await twoReleases();
  await mkdir(here.at('releases/initial'));
  if (text !== null) await symlink(text, here.at('current'));
  const before = await listing(here.path, 'trace');
  await expect(here.activate(B, `releases/${A}`)).rejects.toMatchObject({ code: 'E_STALE' });
  expect(await listing(here.path, 'trace')).toEqual(before);
});

test.for([
  ['a directory', (at: string) => mkdir(at)],
  ['a file', (at: string) => writeFile(at, '')],
] as const)('current that is %s is refused and stays', async ([, make]) => {
  const here = await twoReleases();
  await make(here.at('current'));
  const before = await listing(here.path, 'trace');
  await expect(here.activate(B, null)).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(await listing(here.path, 'trace')).toEqual(before);
});

test('a release that is not there does not go live', async () => {
  const here = await twoReleases();
  await here.activate(A, null);
  await rm(here.at('releases', B), { recursive: true });
  await expect(here.activate(B, `releases/${A}`)).rejects.toMatchObject({ code: 'E_REMOTE' });
  expect(await current(here)).toBe(`releases/${A}`);
});

test.for([
  ['mv', {}],
  ['perl', { mv: NO_MV_T }],
  ['python3', { mv: NO_MV_T, perl: 'exit 127' }],
] as readonly [RenameMethod, Record<string, string>][])(
  'what the trial proves is used: %s',
  async ([method, tools]) => {
    const here = await twoReleases(tools);
    expect(await here.engine.prepare(here.fence, never)).toMatchObject({ method });
    const activate = (release: string, expected: string | null) =>
      here.engine.activate(here.fence, { release, expected, method, active: null }, never);
    await activate(A, null);
    await activate(B, `releases/${A}`);
    expect(await current(here)).toBe(`releases/${B}`);
    expect(await reverting(here)).toEqual({ current: `releases/${A}` });
    expect(await listing(here.at('releases', A))).toHaveLength(2);
  },
);

test('a server that can rename in no way is refused, and says what to install', async () => {
  await expect(twoReleases({ mv: NO_MV_T, perl: 'exit 127', python3: 'exit 127' })).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    hint: expect.stringContaining('coreutils'),
  });
});

test('whoever reads during fifty switches sees the old release or the new one, never nothing', async () => {
  const here = await twoReleases();
  await here.activate(A, null);
  const reader = spawn('perl', ['-e', READER, here.at('current/file')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output: Buffer[] = [];
  reader.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  await once(reader.stdout, 'data');
  for (let turn = 0; turn < 25; turn++) {
    await here.activate(B, `releases/${A}`);
    await here.activate(A, `releases/${B}`);
  }
  reader.stdin.end();
  await once(reader, 'close');
  const [, seen] = Buffer.concat(output).toString().split('\n');
  expect(seen).toBe('one two');
}, 60_000);

/** Reads until its stdin ends, then prints all the different things it saw. */
const READER = `
  use IO::Select; $| = 1; print "ready\\n"; my %seen; my $stop = IO::Select->new(*STDIN);
  until ($stop->can_read(0)) {
    for (1 .. 200) { if (open(my $file, '<', $ARGV[0])) { $seen{<$file>}++ } else { $seen{"error: $!"}++ } }
  }
  print join(' ', sort keys %seen), "\\n";`;

test('a deployment is taken back: relinked, read back, then removed; asked again, the answer is the same', async () => {
  const here = await twoReleases();
  await here.activate(A, null);
  await here.activate(B, `releases/${A}`);
  for (let time = 0; time < 2; time++) {
    expect(await reverting(here)).toEqual({ current: `releases/${A}` });
    expect((await here.see()).releases).toEqual([A]);
    expect((await here.see()).ledger.filter((entry) => entry.state === 'failed')).toHaveLength(1);
    expect(await listing(here.at('.cutover/trash'))).toHaveLength(1);
  }
});

test('the first deployment is taken back to nothing', async () => {
  const here = await twoReleases();
  await here.activate(B, null);
  for (let time = 0; time < 2; time++) {
    expect(await reverting(here, { previous: null, previousMustExist: false })).toEqual({ current: null });
    expect(await current(here)).toBeNull();
  }
});

test('a release before that was removed by hand fails the undoing, and what is live stays live', async () => {
  const here = await twoReleases();
  await here.activate(B, null);
  await rm(here.at('releases', A), { recursive: true });
  await expect(reverting(here)).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringContaining(`releases/${A}, does not exist any more`),
  });
  expect(await readFile(here.at('current/file'), 'utf8')).toBe('two');
});

test('a link that led nowhere before leads there again', async () => {
  const here = await twoReleases();
  await symlink('releases/gone', here.at('current'));
  await here.activate(B, 'releases/gone');
  expect(await reverting(here, { previous: 'releases/gone', previousMustExist: false })).toEqual({
    current: 'releases/gone',
  });
});

test('what somebody else made live in the meantime is not taken back', async () => {
  const here = await twoReleases();
  await mkdir(here.at('releases/theirs'));
  await symlink('releases/theirs', here.at('current'));
  expect(await reverting(here)).toEqual({ current: 'releases/theirs' });
  expect((await here.see()).releases).toEqual([A, 'theirs']);
});

test('a server where nothing was begun has nothing to take back, and gets no ledger', async () => {
  const here = await engineHere();
  const nothing = { previous: null, previousMustExist: false, record: null };
  expect(await reverting(here, nothing)).toEqual({ current: null });
  expect((await here.see()).ledger).toEqual([]);
});

test('what was built and thrown away leaves no piece', async () => {
  const here = await twoReleases();
  await here.activate(A, null);
  await mkdir(here.at('.cutover/build', B, 'half'), { recursive: true });
  await mkdir(here.at('.cutover/incoming', B, 'tree'), { recursive: true });
  await reverting(here);
  // The cache stays as it is.
  const left = (await listing(here.path)).filter(
    (line) => line.includes(B) && !line.startsWith('./.cutover/manifests/'),
  );
  expect(left).toEqual([]);
  expect(await readFile(join(here.path, 'current/file'), 'utf8')).toBe('one');
});
