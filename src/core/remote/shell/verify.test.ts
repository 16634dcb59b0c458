import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  chmod,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { expect, test } from 'vitest';
import { engineHere, type Here, linkTo, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import { shellEngine } from './index.ts';

const A = '20260101000001';
const B = '20260101000002';

/** Odd names that are allowed: all of them have to come back as they are. */
const ODD = [
  'a b/it\'s "x" é',
  '-rf',
  ' leading',
  'trailing ',
  'back\\slash',
  'd\\n/\\t',
  '*',
  '$(id)',
  '%s',
  '123e4',
];

const TREE = {
  'index.html': 'one',
  'run.sh': '#!/bin/sh',
  'dir/inner/file': 'deep',
  'dir/other': 'x',
  empty: '',
  nothing: null,
  'link to': { to: 'dir/other' },
  'dir/l': { to: '../a b' },
  1: { to: '01' },
  ...Object.fromEntries(ODD.map((name) => [name, `in ${name}`])),
};
const FILES = 5 + ODD.length;

/** A cache whose manifest is one segment, or two laid over each other, with a release that is live. */
async function cacheOf(segments: 1 | 2, transport = localTransport()): Promise<Here> {
  const here = await engineHere(transport);
  if (segments === 2) {
    const { 'dir/other': _, ...less } = TREE;
    await here.sync(A, { ...less, 'index.html': 'older', gone: 'x', 'gone dir/y': 'y' });
  }
  const work = await here.sync(B, TREE);
  expect(work.head.segments.length).toBe(segments);
  await here.link(B, work);
  await here.activate(B, null);
  return here;
}

/** In a list with a line each, what is below it would be called right. */
const FORGED = `x\nc\t${createHash('sha256').update('one').digest('hex')}  .`;

const verify = (here: Here) => here.engine.verify(never);

type Damage = (at: (name: string) => string) => Promise<unknown>;
interface Found {
  readonly path: string;
  readonly kind: string;
  readonly live?: boolean;
}

const DAMAGE: readonly (readonly [string, Damage, readonly Found[]])[] = [
  ['nothing', async () => {}, []],
  [
    'other content of the same size and time',
    async (at) => {
      await writeFile(at('index.html'), 'eno');
      await utimes(at('index.html'), 1_700_000_000, 1_700_000_000);
    },
    [{ path: 'index.html', kind: 'content', live: true }],
  ],
  [
    'a file that was cut off and given another mode',
    async (at) => {
      await truncate(at('run.sh'), 3);
      await chmod(at('run.sh'), 0o755);
    },
    [{ path: 'run.sh', kind: 'content', live: true }],
  ],
  ['another mode', (at) => chmod(at('run.sh'), 0o755), [{ path: 'run.sh', kind: 'mode', live: true }]],
  ['another time', (at) => utimes(at('empty'), 1, 1), [{ path: 'empty', kind: 'time', live: true }]],
  [
    'a fraction of a second',
    (at) => utimes(at('empty'), 1_700_000_000.25, 1_700_000_000.25),
    [{ path: 'empty', kind: 'time', live: true }],
  ],
  [
    'a file of its own that is wrong',
    async (at) => {
      await rm(at('index.html'));
      await writeFile(at('index.html'), 'mine');
    },
    [{ path: 'index.html', kind: 'content' }],
  ],
  ['a directory with another mode', (at) => chmod(at('dir'), 0o700), [{ path: 'dir', kind: 'mode' }]],
  [
    'files that are gone',
    async (at) => {
      await rm(at('index.html'));
      await rm(at('nothing'), { recursive: true });
    },
    [
      { path: 'index.html', kind: 'missing' },
      { path: 'nothing', kind: 'missing' },
    ],
  ],
  [
    'a directory that is gone with all it had',
    (at) => rm(at('dir'), { recursive: true }),
    [{ path: 'dir', kind: 'missing' }],
  ],
  [
    'what was added',
    async (at) => {
      await mkdir(at('more/below'), { recursive: true });
      await writeFile(at('more/below/x'), '');
      await writeFile(at('dir/more'), '');
      await symlink('nowhere', at('dangling'));
      execFileSync('mkfifo', [at('pipe')]);
    },
    [
      { path: 'dangling', kind: 'extra' },
      { path: 'dir/more', kind: 'extra' },
      { path: 'more', kind: 'extra' },
      { path: 'pipe', kind: 'extra' },
    ],
  ],
  [
    'names that no manifest has',
    async (at) => {
      await writeFile(at('dir/two\nlines'), '');
      await mkdir(at(FORGED));
      await writeFile(at(`${FORGED}/index.html`), '');
      await writeFile(at('index.html'), 'changed');
      await mkdir(at('tab\tdir/below'), { recursive: true });
      await mkdir(at('more/x\ry'), { recursive: true });
    },
    [
      { path: 'dir/two\nlines', kind: 'extra' },
      { path: 'index.html', kind: 'content', live: true },
      { path: 'more', kind: 'extra' },
      { path: 'tab\tdir', kind: 'extra' },
      { path: FORGED, kind: 'extra' },
    ],
  ],
  [
    'other kinds of things',
    async (at) => {
      await rm(at('index.html'));
      await symlink('/etc/hostname', at('index.html'));
      await rm(at('dir'), { recursive: true });
      await writeFile(at('dir'), 'a file');
      await rm(at('link to'));
      await mkdir(at('link to/below'), { recursive: true });
      await rm(at('empty'));
      execFileSync('mkfifo', [at('empty')]);
    },
    ['dir', 'empty', 'index.html', 'link to'].map((path) => ({ path, kind: 'kind' })),
  ],
  [
    'a directory that was moved away and linked to',
    async (at) => {
      await rename(at('dir'), at('../moved'));
      await symlink('../moved', at('dir'));
    },
    [{ path: 'dir', kind: 'kind' }],
  ],
  [
    'links that lead elsewhere',
    async (at) => {
      for (const [name, to] of [
        ['link to', 'dir/other\n'],
        ['1', '1'],
        ['dir/l', '../a b\tx'],
      ] as const) {
        await rm(at(name));
        await symlink(to, at(name));
      }
    },
    ['1', 'dir/l', 'link to'].map((path) => ({ path, kind: 'target' })),
  ],
  [
    'every odd name',
    async (at) => {
      for (const name of ODD) await appendFile(at(name), '!');
    },
    [...ODD].map((path) => ({ path, kind: 'content', live: true })),
  ],
  [
    'two files that changed places',
    async (at) => {
      await rename(at('123e4'), at('../was'));
      await rename(at('%s'), at('123e4'));
      await rename(at('../was'), at('%s'));
    },
    ['%s', '123e4'].map((path) => ({ path, kind: 'content' })),
  ],
];

/** Without what only GNU's find can do. */
async function plainFind() {
  const find = 'for each; do [ "$each" != -printf ] || exit 1; done\nexec /usr/bin/find "$@"';
  const readlink = '[ "$#" -eq 1 ] && exec /bin/readlink "$1"';
  return localTransport({ env: { ...process.env, PATH: await pathWith({ find, readlink }) } });
}

test.for(
  DAMAGE.flatMap(([name, damage, found]) => [
    [name, 1, damage, found] as const,
    [name, 2, damage, found] as const,
  ]),
)('%s is found, with %d segments', async ([, segments, damage, found]) => {
  const here = await cacheOf(segments, segments === 2 ? await plainFind() : undefined);
  await damage((name) => here.at('deploy-cache', name));
  const before = await listing(here.at('.cutover'), 'trace');
  const order = (path: string) => Buffer.from(path);
  expect(await verify(here)).toEqual({
    files: FILES,
    hashed: true,
    differences: found
      .map((each) => ({ live: false, ...each }))
      .sort((one, other) => Buffer.compare(order(one.path), order(other.path))),
  });
  expect(await listing(here.at('.cutover'), 'trace')).toEqual(before);
});

test.for(['a line', 'a flipped byte', 'the whole segment'])(
  'a manifest that lacks %s is no measure of anything',
  async (what) => {
    const here = await cacheOf(2);
    const segment = here.at('.cutover/manifests', B);
    const text = await readFile(segment, 'utf8');
    if (what === 'a line') await writeFile(segment, text.replace(/^f.*index\.html\n/m, ''));
    else if (what === 'a flipped byte') await writeFile(segment, text.replace(/^f/m, 'g'));
    else await rm(segment);
    await expect(verify(here)).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: 'web1: the manifest of the deploy-cache is damaged: nobody knows any more what was uploaded.',
      hint: expect.stringContaining('--full'),
    });
  },
);

test('where nothing was uploaded nothing differs', async () => {
  const here = await engineHere();
  expect(await verify(here)).toEqual({ files: 0, hashed: true, differences: [] });
});

test('a server that cannot hash says so', async () => {
  const here = await cacheOf(1);
  const tools = 'awk cut find readlink sed stat tr sh printf env rm mkdir date id df tail head'.split(' ');
  const bin = here.at('bin');
  await mkdir(bin);
  for (const tool of tools) {
    const found = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    if (found.startsWith('/')) await symlink(found, here.at('bin', tool));
  }
  const wrap = (argv: readonly string[]) => ['/bin/sh', ...argv.slice(1)];
  const poor = shellEngine(linkTo(localTransport({ env: { PATH: bin }, wrap })), here.path);
  await expect(poor.verify(never)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: 'web1: the deploy-cache cannot be verified: there is no sha256sum.',
  });
});

test('what awk could not compare is not called right', async () => {
  const here = await cacheOf(1);
  const transport = localTransport({ env: { ...process.env, PATH: await pathWith({ awk: 'exit 2' }) } });
  await expect(shellEngine(linkTo(transport), here.path).verify(never)).rejects.toMatchObject({
    code: 'E_REMOTE',
  });
});
