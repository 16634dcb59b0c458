import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manifestHash } from '../manifestText.ts';
import { openSource } from '../source.ts';
import { sha256, TORTURE } from '../testing/entries.ts';
import { repositoryAt } from '../testing/gitRepository.ts';
import { drain, inScratch, joined, never, observe, paths } from '../testing/observe.ts';
import type { Manifest, Snapshot } from '../types.ts';
import { type Disk, realDisk } from './disk.ts';
import { openFile } from './openFile.ts';

const write = (root: string, files: Parameters<ReturnType<typeof repositoryAt>['write']>[0]) =>
  repositoryAt(root).write(files);

type Taken = Omit<Snapshot, 'manifest'> & { readonly manifest: Manifest };

async function snapshot(directory: string, exclude: readonly string[] = []): Promise<Taken> {
  const source = openSource({ type: 'directory', directory, exclude });
  const taken = await source.snapshot({ ref: null, signal: never });
  return { ...taken, manifest: await taken.manifest(never) };
}

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

describe('a file that is not the same any more', () => {
  const replaced = (replace: (path: string) => unknown) => (path: string) => {
    renameSync(path, `${path}.old`);
    replace(path);
  };
  const MEGABYTE = Buffer.alloc(1_000_000, 'x');
  test.each<[string, (path: string) => void]>([
    ['was rewritten', (path) => writeFileSync(path, Buffer.alloc(1_000_000, 'y'))],
    [
      'has another last byte',
      (path) => writeFileSync(path, Buffer.concat([MEGABYTE.subarray(1), Buffer.from('y')])),
    ],
    ['shrank', (path) => truncateSync(path, 500_000)],
    ['grew', (path) => appendFileSync(path, 'y')],
    ['became empty', (path) => truncateSync(path, 0)],
    ['vanished', (path) => rmSync(path)],
    ['became a FIFO', replaced((path) => execFileSync('mkfifo', [path]))],
    ['became a directory', replaced((path) => mkdirSync(path))],
    ['became a link to the same content', replaced((path) => symlinkSync('large.old', path))],
  ])('because it %s: nobody gets a whole file', async (_, change) => {
    await inScratch(async (root) => {
      write(root, { large: MEGABYTE });
      const taken = await snapshot(root);
      change(join(root, 'large'));
      let gotBytes = 0;
      const reading = (async () => {
        for await (const { chunks } of taken.read(taken.manifest, never)) {
          for await (const chunk of chunks) gotBytes += chunk.length;
        }
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: 'large changed while it was being read.',
        hint: expect.stringContaining('Deploy again'),
      });
      expect(gotBytes).toBeLessThan(1_000_000);
    });
  });

  test('because it shrinks or grows while it is read', () =>
    inScratch(async (root) => {
      for (const change of [
        () => truncateSync(join(root, 'large'), 900_000),
        () => appendFileSync(join(root, 'large'), 'y'),
      ]) {
        write(root, { large: MEGABYTE });
        const { chunks } = openFile(Buffer.from(join(root, 'large')), Buffer.from('large'));
        const reading = (async () => {
          let first = true;
          for await (const _ of chunks()) {
            if (first) change();
            first = false;
          }
        })();
        await expect(reading).rejects.toMatchObject({
          code: 'E_SOURCE',
          message: expect.stringContaining('large changed'),
        });
      }
    }));

  test.each([
    ['small', 10, 1n],
    ['small', 10, -1n],
    ['large', 700_000, 1n],
    ['large', 700_000, -1n],
  ])('because it is %s and got another size before it is hashed', (_, sizeBytes, difference) =>
    inScratch(async (root) => {
      write(root, { f: Buffer.alloc(sizeBytes) });
      const moving: Disk = {
        ...realDisk,
        fstat: (descriptor) => {
          const found = realDisk.fstat(descriptor);
          return { ...found, size: found.size + difference };
        },
      };
      const file = openFile(Buffer.from(join(root, 'f')), Buffer.from('f'), moving);
      const before = readdirSync('/dev/fd').length;
      await expect(file.hash(never)).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining('f changed'),
      });
      expect(readdirSync('/dev/fd').length).toBe(before - 1);
    }),
  );

  test('is read again when it is touched only', () =>
    inScratch(async (root) => {
      write(root, { f: 'same' });
      const taken = await snapshot(root);
      rmSync(join(root, 'f'));
      write(root, { f: 'same' });
      expect(await drain(taken.read(taken.manifest, never))).toEqual([['f', Buffer.from('same')]]);
    }));
});

describe('what cannot be read', () => {
  test('is named', async () => {
    const memory = openFile(Buffer.from('/proc/self/mem'), Buffer.from('the/file'));
    expect(memory.sizeBytes).toBe(0);
    await expect(joined(memory.chunks())).rejects.toMatchObject({
      code: 'E_SOURCE',
      message: expect.stringMatching(/^the\/file cannot be read: EIO/),
    });
  });

  test.each([
    ['is not there', 'nope', 'cannot be read: ENOENT'],
    ['is a file', 'f', 'is not a directory'],
  ])('is a source that %s', (_, name, message) =>
    inScratch(async (root) => {
      write(root, { f: 'x' });
      await expect(snapshot(join(root, name))).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining(`${join(root, name)} ${message}`),
        hint: expect.stringContaining('source.directory'),
      });
    }),
  );
});

test('a directory has no refs', () =>
  inScratch(async (root) => {
    const source = openSource({ type: 'directory', directory: root, exclude: [] });
    await expect(source.snapshot({ ref: 'main', signal: never })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('no ref main'),
    });
  }));

test('reading ends with the reason of the signal', () =>
  inScratch(async (root) => {
    write(root, { large: Buffer.alloc(2_000_000), f: 'x' });
    const reason = new Error('enough');
    const abort = new AbortController();
    const taken = await snapshot(root);
    const reading = (async () => {
      for await (const { chunks } of taken.read(taken.manifest.slice(1), abort.signal)) {
        for await (const _ of chunks) abort.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    const source = openSource({ type: 'directory', directory: root, exclude: [] });
    await expect(source.snapshot({ ref: null, signal: abort.signal })).rejects.toBe(reason);
  }));

test('a file that nobody reads to its end is closed', () =>
  inScratch(async (root) => {
    write(root, { large: Buffer.alloc(2_000_000) });
    const taken = await snapshot(root);
    const before = readdirSync('/dev/fd').length;
    for await (const { chunks } of taken.read(taken.manifest, never)) {
      for await (const _ of chunks) break;
    }
    expect(readdirSync('/dev/fd').length).toBe(before);
  }));
