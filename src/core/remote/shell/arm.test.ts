import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ExecRequest, Transport } from '../../contract/index.ts';
import { gated } from '../../testing/eachScript.ts';
import { engineHere, type Here, ledgerLine, linkTo, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { roomFor } from '../../testing/roomFor.ts';
import { pathWith } from '../../testing/scratch.ts';
import type { Armed } from '../engine.ts';
import type { Link } from '../link.ts';
import { type ArmRequest, arm } from './arm.ts';
import { shellEngine } from './index.ts';

const A = '20260101000001';
const B = '20260101000002';

const TIMES = { limitSec: 60, beatEverySec: 10 };

/** What a server may have: its shell, and perl or not. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dash: { sh: 'exec dash "$@"' },
  'dash, no perl': { sh: 'exec dash "$@"', perl: 'exit 127' },
  bash: { sh: 'exec bash --posix "$@"' },
  'bash, no perl': { sh: 'exec bash --posix "$@"', perl: 'exit 127' },
  busybox: { sh: 'exec busybox sh "$@"' },
  'busybox, no perl': { sh: 'exec busybox sh "$@"', perl: 'exit 127' },
  'perl without a clock': { perl: 'exec /usr/bin/perl -I"$(dirname "$0")/no" -mlib=/no "$@"' },
};

async function transportOf(kind: string): Promise<Transport> {
  return localTransport({ env: { ...process.env, PATH: await pathWith(KINDS[kind]!) } });
}

/** A is live; B is there. */
async function twoReleases(): Promise<Here> {
  const here = await engineHere();
  await here.build(A, { file: 'one' });
  await here.build(B, { file: 'two' });
  await here.activate(A, null);
  return here;
}

function armed(link: Link, here: Here, times: Partial<typeof TIMES> = {}): Promise<Armed> {
  const request: ArmRequest = {
    release: B,
    expected: `releases/${A}`,
    method: 'mv',
    active: ledgerLine(B, 'active'),
    clockMs: () => performance.now(),
  };
  return arm(link, here.path, here.fence, request, never, { ...TIMES, ...times });
}

const current = (here: Here) => readlink(here.at('current'));

/** Processes that work in the deploy path. */
async function workers({ path }: Here): Promise<readonly string[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const places = names.map((name) => readlink(`/proc/${name}/cwd`).catch(() => null));
  const all = await Promise.all(places);
  return names.filter((_, index) => all[index] === path);
}

/** Resolves once nothing works there but what did before. */
async function nothingWaits(here: Here, before: readonly string[]): Promise<void> {
  while ((await workers(here)).some((each) => !before.includes(each))) await delay(20);
}

test.for(Object.keys(KINDS))('is fired, disarmed, or given up in time: %s', async (kind) => {
  const here = await twoReleases();
  const before = await workers(here);
  const link = linkTo(await transportOf(kind));
  link.warm();

  await (await armed(link, here)).disarm();
  await nothingWaits(here, before);
  expect(await current(here)).toBe(`releases/${A}`);

  const late = await armed(link, here, { limitSec: 1 });
  await nothingWaits(here, before);
  expect(await current(here)).toBe(`releases/${A}`);
  await expect(readFile(here.at('.cutover/ledger'), 'utf8')).resolves.not.toContain(`${B}","state":"active`);

  await late.fire(never);
  expect(await current(here)).toBe(`releases/${B}`);
  await nothingWaits(here, before);
  await here.engine.revert(
    here.fence,
    {
      release: B,
      previous: `releases/${A}`,
      previousMustExist: true,
      discard: false,
      record: null,
      nonce: 'n',
    },
    never,
  );

  await (await armed(link, here)).fire(never);
  expect(await current(here)).toBe(`releases/${B}`);
  await nothingWaits(here, before);
  await link.close();
});

test.for(Object.keys(KINDS))('gives signs of life while it waits: %s', async (kind) => {
  const here = await twoReleases();
  const before = await workers(here);
  const link = linkTo(await transportOf(kind));
  const waiting = await armed(link, here, { beatEverySec: 1 });
  const beat = here.at('.cutover/locks', `beat-${here.fence.generation}`);
  while ((await readFile(beat).catch(() => null)) === null) await delay(20);
  await waiting.disarm();
  await nothingWaits(here, before);
  await link.close();
});

test.for(['dash', 'dash, no perl'])('fires in the only shell that the server allows: %s', async (kind) => {
  const here = await twoReleases();
  const there = roomFor(1, await transportOf(kind));
  const link = linkTo(there);
  link.warm();
  const waiting = await armed(link, here);
  const beaten = shellEngine(link, here.path).beat(here.fence, never);
  await waiting.fire(never);
  await beaten;
  expect(await current(here)).toBe(`releases/${B}`);
  await link.close();
});

test('a message that comes after all was taken back renames nothing', async () => {
  const here = await twoReleases();
  const link = linkTo(localTransport());
  const waiting = await armed(link, here);
  const undone = {
    release: B,
    previous: `releases/${A}`,
    previousMustExist: true,
    discard: false,
    record: null,
    nonce: 'n',
  };
  await here.engine.revert(here.fence, undone, never);
  await expect(waiting.fire(never)).rejects.toMatchObject({ code: 'E_REMOTE' });
  expect(await current(here)).toBe(`releases/${A}`);
  await link.close();
});

test('all messages of a loop are on their way before anything else is done', async () => {
  const heres = await Promise.all(Array.from({ length: 5 }, twoReleases));
  const sent: string[] = [];
  const link = () => linkTo(overheard(localTransport(), sent));
  const all = await Promise.all(
    heres.map(async (here) => {
      const mine = link();
      return { mine, waiting: await armed(mine, here) };
    }),
  );
  sent.length = 0;
  const fired = all.map(({ waiting }) => waiting.fire(never));
  await new Promise(process.nextTick);
  expect(sent).toEqual(heres.map(() => ': fire\n'));
  await Promise.all(fired);
  await Promise.all(all.map(({ mine }) => mine.close()));
});

function overheard(inner: Transport, sent: string[]): Transport {
  const hear = (_: ExecRequest, piece: Uint8Array) => void sent.push(Buffer.from(piece).toString());
  return {
    ...inner,
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        exec: (request) =>
          connection.exec!(
            typeof request.stdin === 'object'
              ? { ...request, stdin: gated(request, request.stdin, hear) }
              : request,
          ),
      };
    },
  };
}
