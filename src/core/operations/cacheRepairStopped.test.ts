import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eachScript } from '../testing/eachScript.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { deploy } from './deploy.ts';
import { damage, deployed, FOUND, repair, TREE, verify, WELL } from './testing/damagedCache.ts';
import type { World } from './testing/world.ts';

test('what the source does not have any more is refused, and nothing is touched', async () => {
  const world = await deployed();
  await damage(world);
  await world.write({ ...TREE, 'index.html': 'newer', 'in/deep/b': 'newer' });
  const before = await listing(world.at('web1', 'deploy-cache'), 'trace');
  const { servers } = await repair(world);
  expect(servers).toMatchObject([
    {
      differences: FOUND,
      mended: [],
      failure: {
        code: 'E_REFUSED',
        message: expect.stringMatching(
          /^web1: the source cannot give any more what was uploaded: .* in\/deep\/b, index\.html\nNothing was changed there\.$/,
        ),
        hint: 'cutover deploy production --full',
      },
    },
    { ...WELL, mended: [] },
  ]);
  expect(await listing(world.at('web1', 'deploy-cache'), 'trace')).toEqual(before);
});

test('while a transaction is open nothing is repaired', async () => {
  const world = await deployed({ servers: ['web1'] });
  await damage(world);
  await world.write({ ...TREE, other: 'third' });
  const emit: World['runtime']['emit'] = (event) => {
    if (event.type === 'step.done' && event.step === 'prepare') throw new Error('cut short');
  };
  const request = {
    environment: 'production',
    servers: [],
    lockWaitMs: 0,
    ref: null,
    full: false,
    unpin: false,
    saved: null,
  };
  await expect(deploy({ ...world.runtime, emit }, world.config, request)).rejects.toThrow();
  expect((await verify(world)).servers[0]?.notes).toEqual([
    'A transaction is open there: cutover resume production ends it.',
  ]);
  const before = await listing(world.at('web1', 'deploy-cache'), 'trace');
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_OPEN_TRANSACTION' });
  expect(await listing(world.at('web1', 'deploy-cache'), 'trace')).toEqual(before);
});

test('what an interrupted upload left is for the next deployment to mend', async () => {
  const world = await deployed({ servers: ['web1'] });
  await damage(world);
  const home = (name: string) => world.at('web1', '.cutover', name);
  const [segment = ''] = (await readFile(home('cache'), 'utf8')).match(/(?<=^segment ).*$/m) ?? [];
  await writeFile(
    home('cache.next'),
    (await readFile(home('cache'), 'utf8')).replace(/^segment [\s\S]*/m, 'segment 20260101000100\n'),
  );
  const pending = (await readFile(home(`manifests/${segment}`), 'utf8')).replace(
    /^f\t644\t\d+\t./m,
    'f\t644\t7\t0',
  );
  await writeFile(home('manifests/20260101000100'), pending);
  expect((await verify(world)).servers[0]?.notes).toEqual([
    'An upload was interrupted there: what it left half done is sent again by the next deployment.',
  ]);
  expect(await repair(world)).toMatchObject({
    servers: [{ differences: FOUND, failure: { code: 'E_REFUSED', hint: 'cutover deploy production' } }],
  });
});

test('a damaged manifest is told, and the other server is mended', async () => {
  const world = await deployed();
  await appendFile(world.at('web2', 'deploy-cache/other'), '!');
  const [segment = ''] =
    (await readFile(world.at('web1', '.cutover/cache'), 'utf8')).match(/(?<=^segment ).*$/m) ?? [];
  await writeFile(world.at('web1', '.cutover/manifests', segment), 'cutover-manifest 1\n');
  const failure = {
    code: 'E_REFUSED',
    message: expect.stringContaining('nobody knows any more what was uploaded'),
    hint: 'Deploy with --full to send everything again.',
  };
  expect(await verify(world)).toMatchObject({ servers: [{ failure }, { failure: null }] });
  expect(await repair(world)).toMatchObject({
    servers: [
      { mended: [], failure },
      { ...WELL, mended: [{ path: 'other', kind: 'content', live: true }] },
    ],
  });
});

test('a lock that is taken away meanwhile ends it there, saying by whom, and what is served', async () => {
  let takeAway = async () => {};
  let scripts = 0;
  const world = await deployed({
    servers: ['web1', 'web2'],
    transport: (server, plain) => ({
      ...plain,
      connect: async (scope) => {
        const connection = await plain.connect(scope);
        return server === 'web2'
          ? connection
          : eachScript(connection, () => (++scripts === 3 ? takeAway() : null));
      },
    }),
  });
  await damage(world);
  scripts = 0;
  takeAway = async () => {
    const engine = world.engine('web1');
    const { generation } = (await engine.observe([], never)).lock;
    await engine.releaseLock(generation ?? '', never);
    await engine.takeLock(lockRecord('thief'), never);
  };
  expect((await repair(world)).servers).toMatchObject([
    {
      differences: FOUND,
      mended: [],
      failure: {
        code: 'E_FENCED',
        message: expect.stringMatching(
          /^web1: thief@here \(process 1\) took the lock over \(g-\d+\); what was mended until then stays mended\nweb1: serves releases\/\d+$/,
        ),
        hint: 'cutover cache repair production',
      },
    },
    WELL,
  ]);
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_LOCKED' });
});
