import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Notice, Transport } from '../contract/index.ts';
import { eachScript } from '../testing/eachScript.ts';
import { ledgerLine } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { planFor } from './deploy.ts';
import { createWorld, type World } from './testing/world.ts';

const PLAN = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

/** Something happens on web1 between the plan and the lock: its second command. */
const beforeLock =
  (happens: () => Promise<unknown>) =>
  (server: string, plain: Transport): Transport => ({
    ...plain,
    async connect(scope) {
      const connection = await plain.connect(scope);
      let scripts = 0;
      return eachScript(connection, async () => {
        if (server === 'web1' && ++scripts === 2) await happens();
      });
    },
  });

test('what moved between the plan and the lock is seen under the lock, and the locks are given back', async () => {
  let happens: () => Promise<unknown> = async () => null;
  const world = await createWorld({ transport: beforeLock(() => happens()) });
  const { release } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  const saved = await planFor(world.runtime, world.config, PLAN);
  happens = () =>
    appendFile(world.at('web1', '.cutover/ledger'), `${ledgerLine('20300101000000', 'failed')}\n`);
  await expect(world.deploy({ saved })).rejects.toMatchObject({
    code: 'E_STALE',
    message: expect.stringMatching(/nothing was touched\.\nweb1: its ledger has new lines/),
  });
  for (const server of world.servers)
    expect(await world.seen(server)).toMatchObject({ releases: [release], lock: 'released' });
});

test('without a place for the journal nothing is locked or touched', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await writeFile(world.runtime.stateDirectory, '');
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/journals.*cannot be written: .*Nothing was touched\.$/),
  });
  await expect(listing(world.at('web1'))).rejects.toMatchObject({ code: 'ENOENT' });
  await rm(world.runtime.stateDirectory);
  expect((await world.deploy()).outcome).toBe('committed');
});

test('when the journal cannot be written any more it stops, tells what each server serves, and unlocks', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    notify: (notice) => void heard.push(notice),
    hook(at, { server, previous }) {
      if (previous === null || at !== 'before:postUpload' || server !== 'web2') return;
      const failing = new Error('ENOSPC: no space left on device');
      vi.spyOn(fileHandle, 'datasync').mockRejectedValue(failing);
    },
  });
  const fileHandle = await prototypeOfHandles(world.config.file);
  onTestFinished(() => void vi.restoreAllMocks());
  const { release } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_STRANDED',
    message: `The journal cannot be written any more: ENOSPC: no space left on device. It was stopped there.\n${world.servers
      .map((server) => `${server}: serves releases/${release}`)
      .join('\n')}`,
    hint: 'cutover status production',
  });
  for (const server of world.servers)
    expect(await world.seen(server)).toMatchObject({ current: `releases/${release}`, lock: 'released' });
  expect(heard.at(-1)).toMatchObject({
    event: 'stranded',
    failure: expect.stringContaining('The journal cannot be written any more: ENOSPC'),
  });
});

async function prototypeOfHandles(path: string): Promise<FileHandle> {
  const handle = await open(path, 'w');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

test('the journal holds the plan and every fact, and no more runs than were begun', async () => {
  const world = await createWorld({ servers: ['web1'] });
  const { release } = await world.deploy();
  const directory = join(world.runtime.stateDirectory, 'journals', 'shop-production');
  const [name] = await readdir(directory);
  const facts = (await readFile(join(directory, name!), 'utf8')).trim().split('\n');
  expect(facts.map((line) => JSON.parse(line).type)).toEqual([
    'opened',
    ...Array.from({ length: 7 }, () => ['step.begun', 'step.done']).flat(),
    'closed',
  ]);
  expect(JSON.parse(facts[0]!)).toMatchObject({ by: 'me@here', plan: { release } });
});

async function link(world: World, server: string, text: string) {
  await rm(world.at(server, 'current'));
  await symlink(text, world.at(server, 'current'));
}

test('what is told was read back, not what was meant: a link that somebody moved is stranded', async () => {
  let armed = false;
  const world = await createWorld({
    async hook(at, { server }) {
      if (!armed || at !== 'after:prune' || server !== 'web2') return;
      await mkdir(world.at('web2', 'releases', 'theirs'));
      await link(world, 'web2', 'releases/theirs');
    },
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  armed = true;
  const result = await world.deploy();
  expect(result.outcome).toBe('stranded');
  expect(result.servers.map(({ name, outcome, current }) => ({ name, outcome, current }))).toEqual([
    { name: 'web1', outcome: 'committed', current: result.release },
    { name: 'web2', outcome: 'stranded', current: 'theirs' },
    { name: 'web3', outcome: 'committed', current: result.release },
  ]);
});

test('a server that cannot be taken back is stranded, and the others serve the old release', async () => {
  let armed = false;
  const world = await createWorld({
    async hook(at, { server, previous }) {
      if (!armed || at !== 'after:activate' || server !== 'web2') return;
      await rm(world.at('web2', 'releases', previous!), { recursive: true });
      throw new Error('no');
    },
  });
  const { release: old } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  armed = true;
  const result = await world.deploy();
  expect(result.outcome).toBe('stranded');
  expect(result.servers).toMatchObject([
    { name: 'web1', outcome: 'compensated', current: old },
    {
      name: 'web2',
      outcome: 'stranded',
      current: result.release,
      failure: { step: null, message: expect.stringContaining('does not exist any more') },
    },
    { name: 'web3', outcome: 'compensated', current: old },
  ]);
  expect(await readFile(world.at('web2', 'current/index.html'), 'utf8')).toBe('two');
});

test('after a wish to stop no further step is begun', async () => {
  const after: string[] = [];
  const world = await createWorld({
    servers: ['web1'],
    hook(at) {
      if (world.cancel.signal.aborted) after.push(at);
      else if (at === 'before:linkRelease') world.cancel.abort();
    },
  });
  expect(await world.deploy()).toMatchObject({ outcome: 'compensated', interrupted: true });
  expect(after).toEqual(['after:linkRelease']);
});
