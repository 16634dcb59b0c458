import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manifestHash } from '../manifestText.ts';
import { openSource } from '../source.ts';
import { sha256, TORTURE } from '../testing/entries.ts';
import { drain, inScratch, never, observe, paths } from '../testing/observe.ts';
import { snapshot, type Taken, write } from './testing/snapshot.ts';

const refusedLines = async (taking: Promise<Taken>): Promise<readonly string[]> => {
  const failure = await taking.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'E_REFUSED', hint: expect.stringContaining('.deployignore') });
  return (failure as Error).message.split('\n').sort();
};

describe('the tree of a directory', () => {
  test('is what it holds: contents, links, empty files and directories, strange names', () =>
    inScratch(async (root) => {
      write(root, {
        empty: '',
        'bin/run': { run: 'x' },
        large: Buffer.alloc(700_000, 'abc'),
        link: { to: 'bin/../empty' },
      });
      for (const name of TORTURE) write(root, { [`names/${name}`]: `content of ${name}` });
      mkdirSync(join(root, 'void/inner'), { recursive: true });
      const taken = await snapshot(root);
      expect(taken.manifest).toEqual(await observe(root));
      expect(taken).toMatchObject({
        revision: `sha256:${manifestHash(taken.manifest)}`,
        branch: null,
        message: null,
        author: null,
      });
      const files = taken.manifest.filter((entry) => entry.kind === 'file');
      const read = await drain(taken.read(taken.manifest, never));
      expect(read.map(([path, content]) => [path, sha256(content)])).toEqual(
        files.map(({ path, hash }) => [path, hash]),
      );
    }));

  test('keeps of a mode only whether the owner may execute', () =>
    inScratch(async (root) => {
      const modes = [0o600, 0o644, 0o666, 0o645, 0o700, 0o755, 0o4755, 0o2644, 0o1777];
      for (const mode of modes) {
        writeFileSync(join(root, mode.toString(8)), '');
        chmodSync(join(root, mode.toString(8)), mode);
      }
      mkdirSync(join(root, 'd'), { mode: 0o700 });
      const found = (await snapshot(root)).manifest.map(({ path, mode }) => [path, mode.toString(8)]);
      expect(Object.fromEntries(found)).toEqual({
        '600': '644',
        '644': '644',
        '666': '644',
        '645': '644',
        '700': '755',
        '755': '755',
        '4755': '755',
        '2644': '644',
        '1777': '755',
        d: '755',
      });
    }));

  test("has nothing of git's own", () =>
    inScratch(async (root) => {
      write(root, { '.git/config': 'x', 'sub/.git': 'gitdir: elsewhere', 'sub/f': 'x', '.gitignore': 'f' });
      expect(paths((await snapshot(root)).manifest)).toEqual(['.gitignore', 'sub', 'sub/f']);
    }));

  test('may stand behind a link', () =>
    inScratch(async (root) => {
      write(root, { 'real/f': 'x', dist: { to: 'real' } });
      expect(paths((await snapshot(join(root, 'dist'))).manifest)).toEqual(['f']);
    }));

  test('has another revision when anything in it is different', () =>
    inScratch(async (root) => {
      write(root, { f: 'one' });
      const { revision } = await snapshot(root);
      expect((await snapshot(root)).revision).toBe(revision);
      write(root, { f: 'two' });
      expect((await snapshot(root)).revision).not.toBe(revision);
    }));
});

describe('what is excluded', () => {
  test('is what the configuration and the ignore files say, and the ignore files', () =>
    inScratch(async (root) => {
      write(root, {
        '.deployignore': '*.log\n/build/\n!keep.log\n',
        'sub/.deployignore': '!b.log\n/local\n',
        'a.log': 'x',
        'keep.log': 'x',
        'build/x': 'x',
        'sub/build/x': 'x',
        'sub/b.log': 'x',
        'sub/local': 'x',
        'sub/A.LOG': 'x',
        tmp: 'x',
      });
      expect(paths((await snapshot(root, ['tmp', 'keep.*'])).manifest)).toEqual([
        'keep.log',
        'sub',
        'sub/A.LOG',
        'sub/b.log',
        'sub/build',
        'sub/build/x',
      ]);
    }));

  test('is never looked at', () =>
    inScratch(async (root) => {
      write(root, {
        'cache/deep/line\nend': 'x',
        'cache/.deployignore': { to: '/x' },
        '.deployignore': { to: '/x' },
        'up.link': { to: '/etc' },
        f: 'x',
      });
      writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), '');
      execFileSync('mkfifo', [join(root, 'cache/pipe'), join(root, 'pipe')]);
      expect(
        paths((await snapshot(root, ['cache/', '*.link', 'pipe', 'bad?', '.deployignore'])).manifest),
      ).toEqual(['f']);
    }));
});

test('what cannot be deployed is refused, all of it at once', () =>
  inScratch(async (root) => {
    write(root, {
      'd/line\nend': 'x',
      'd/esc\u001b[2J': 'x',
      'd/c1\u009b': 'x',
      'd/bad\u2028/hidden\n': 'x',
      passwd: { to: '/etc/passwd' },
      'd/up': { to: '../../x' },
      'e/.deployignore': { to: '../d' },
      fine: 'x',
    });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), '');
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xfe])]), '');
    symlinkSync(Buffer.from([0xff]), join(root, 'unreadable'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer().listen(join(root, 'socket'));
    await once(server, 'listening');
    const lines = await refusedLines(snapshot(root)).finally(() => server.close());
    expect(lines).toEqual(
      [
        `${root} cannot be deployed because of 12 things in it:`,
        '  bad\\xfe is not valid UTF-8',
        '  bad\\xff is not valid UTF-8',
        '  d/bad\\xe2\\x80\\xa8 holds control characters',
        '  d/c1\\xc2\\x9b holds control characters',
        '  d/esc\\x1b[2J holds control characters',
        '  d/line\\x0aend holds control characters',
        '  d/up is a link that leaves the tree, to ../../x',
        '  e/.deployignore is not a regular file, so what it excludes is unknown',
        '  passwd is a link to an absolute path, /etc/passwd',
        '  pipe is a FIFO',
        '  socket is a socket',
        '  unreadable is a link whose target is not valid UTF-8',
      ].sort(),
    );
  }));

test.each([
  ['is not there', 'nope', 'cannot be read: ENOENT'],
  ['is a file', 'f', 'is not a directory'],
])('a source that %s is refused', (_, name, message) =>
  inScratch(async (root) => {
    write(root, { f: 'x' });
    await expect(snapshot(join(root, name))).rejects.toMatchObject({
      code: 'E_SOURCE',
      message: expect.stringContaining(`${join(root, name)} ${message}`),
      hint: expect.stringContaining('source.directory'),
    });
  }),
);

test('a directory has no refs', () =>
  inScratch(async (root) => {
    const source = openSource({ type: 'directory', directory: root, exclude: [] });
    await expect(source.snapshot({ ref: 'main', signal: never })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('no ref main'),
    });
  }));
