import { describe, expect, test } from 'vitest';
import { openSource } from '../source.ts';
import { withRepository } from '../testing/gitRepository.ts';
import { drain, joined, never } from '../testing/observe.ts';
import { takeSnapshot as snapshot } from '../testing/takeSnapshot.ts';

describe('reading', () => {
  test('goes in any order, whether files are converted or not', () =>
    withRepository(async (repository) => {
      repository.write({
        '.gitattributes': '*.bat eol=crlf\n',
        'a.bat': 'a\n',
        'b.bat': 'b\n',
        c: 'c\n',
        'd.bat': 'd\n',
      });
      repository.commit();
      const taken = await snapshot(repository);
      const backwards = [...taken.manifest].reverse();
      expect(
        (await drain(taken.read(backwards, never))).map(([path, content]) => [path, String(content)]),
      ).toEqual([
        ['d.bat', 'd\r\n'],
        ['c', 'c\n'],
        ['b.bat', 'b\r\n'],
        ['a.bat', 'a\r\n'],
        ['.gitattributes', '*.bat eol=crlf\n'],
      ]);
    }));

  test('goes on after a file that was not read to its end', () =>
    withRepository(async (repository) => {
      repository.write({ a: Buffer.alloc(900_000, 'a\n'), b: Buffer.alloc(300_000, 'b\n'), c: 'c' });
      repository.commit();
      const taken = await snapshot(repository);
      const contents: string[] = [];
      for await (const { entry, chunks } of taken.read(taken.manifest, never)) {
        if (entry.path === 'a') {
          for await (const chunk of chunks) {
            contents.push(String.fromCharCode(chunk[0] ?? 0));
            break;
          }
        } else if (entry.path === 'c') contents.push(String(await joined(chunks)));
      }
      expect(contents).toEqual(['a', 'c']);
    }));

  test('ends with the reason of the signal', () =>
    withRepository(async (repository) => {
      repository.write({ a: Buffer.alloc(2_000_000, 'a') });
      repository.commit();
      const taken = await snapshot(repository);
      const abort = new AbortController();
      const reason = new Error('enough');
      const reading = (async () => {
        for await (const { chunks } of taken.read(taken.manifest, abort.signal)) {
          for await (const _ of chunks) abort.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      const source = openSource({
        type: 'git',
        repository: repository.path,
        subdirectory: null,
        exclude: [],
      });
      await expect(source.snapshot({ ref: null, signal: abort.signal })).rejects.toBe(reason);
    }));

  test('content that is not what the manifest says is never whole', () =>
    withRepository(async (repository) => {
      repository.write({
        a: Buffer.alloc(200_000, 'a'),
        v: '$Format:%D$',
        '.gitattributes': 'v export-subst\n',
      });
      repository.commit();
      const taken = await snapshot(repository);
      repository.git('tag', 'new');
      await expect(drain(taken.read(taken.manifest, never))).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: 'v changed while it was being read.',
      });
    }));
});
