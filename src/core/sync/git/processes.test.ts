import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openSource } from '../source.ts';
import { withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never } from '../testing/observe.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A `git` that notes each start and then does `first`. */
async function withNotes(first: string, action: (started: () => readonly string[]) => Promise<void>) {
  const real = execFileSync('sh', ['-c', 'command -v git']).toString().trim();
  await inScratch(async (scratch) => {
    const log = join(scratch, 'log');
    writeFileSync(log, '');
    const script = ['#!/bin/sh', `printf '%s\\n' "$*" >>'${log}'`, first, `exec '${real}' "$@"`, ''];
    writeFileSync(join(scratch, 'git'), script.join('\n'));
    chmodSync(join(scratch, 'git'), 0o755);
    vi.stubEnv('PATH', `${scratch}${delimiter}${process.env.PATH}`);
    await action(() =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => line.replace(/(-c \S+ )*/, '').split(' ')[0] ?? ''),
    );
  });
}

function snapshot(path: string, ref: string | null) {
  const source = openSource({ type: 'git', repository: path, subdirectory: null, exclude: [] });
  return source.snapshot({ ref, signal: never });
}

describe('a deployment of what has changed', () => {
  const deployed = async (path: string, old: string) => {
    const before = await snapshot(path, old);
    const taken = await snapshot(path, null);
    const changes = await taken.changesSince(before.state, never);
    expect(changes?.put.map(({ entry }) => entry.path)).toEqual(['d/b']);
    expect([...(await taken.kindsOf(['d', 'd/b', 'no'], never))]).toEqual([
      ['d', 'directory'],
      ['d/b', 'file'],
    ]);
    const entries = changes!.put.map(({ entry }) => entry);
    expect(await drain(taken.read(entries, never))).toEqual([['d/b', Buffer.from('new')]]);
  };

  test('starts git twice, once to find the repository and once for its objects', () =>
    withRepository(async (repository) => {
      repository.write({ a: 'x', 'd/b': 'old' });
      const old = repository.commit();
      repository.write({ 'd/b': 'new' });
      repository.commit();
      await withNotes('', async (started) => {
        await deployed(repository.path, old);
        // Once for each of the two commits.
        expect([...started()].sort()).toEqual(['cat-file', 'cat-file', 'rev-parse', 'rev-parse']);
      });
    }));

  test('asks git once more where attributes say something of exports', () =>
    withRepository(async (repository) => {
      repository.write({ '.gitattributes': '*.md export-ignore\n', 'x.md': 'x', 'd/b': 'old' });
      const old = repository.commit();
      repository.write({ 'd/b': 'new', 'y.md': 'x' });
      repository.commit();
      await withNotes('', async (started) => {
        await deployed(repository.path, old);
        expect(started().filter((command) => command === 'check-attr')).toHaveLength(2);
        expect(started()).toHaveLength(6);
      });
    }));

  test('works with a git that has no --batch-command', () =>
    withRepository(async (repository) => {
      repository.write({ a: 'x', 'd/b': 'old' });
      const old = repository.commit();
      repository.write({ 'd/b': 'new' });
      repository.commit();
      const refuse = 'case "$*" in *--batch-command*) exit 129 ;; esac';
      await withNotes(refuse, async (started) => {
        await deployed(repository.path, old);
        expect(started().filter((command) => command === 'cat-file')).toHaveLength(4);
      });
    }));
});
