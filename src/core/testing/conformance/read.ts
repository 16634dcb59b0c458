import { expect, test } from 'vitest';
import { errorCode } from '../../contract/index.ts';
import { never, type Place } from '../conformancePlace.ts';

/** Reading a file below the deploy path. */
export function readConformance(open: () => Promise<Place>): void {
  test('a file is read as it is, also through links and with an odd name', async () => {
    const place = await open();
    await place.sh(`mkdir -p shop/releases/1 && ln -s releases/1 shop/current && : >shop/empty
      printf 'a\\000b\\377\\n\\n' >"shop/releases/1/-it's a file"`);
    const engine = place.engine();
    const bytes = await engine.read("current/-it's a file", never);
    expect([...bytes!]).toEqual([0x61, 0, 0x62, 0xff, 0x0a, 0x0a]);
    expect([...(await engine.read('empty', never))!]).toEqual([]);
  });

  test('where there is no file nothing is read', async () => {
    const place = await open();
    const engine = place.engine();
    expect(await engine.read('current/VERSION', never)).toBeNull();
    await place.sh('mkdir -p shop/releases/1 && ln -s releases/gone shop/current');
    expect(await engine.read('current/VERSION', never)).toBeNull();
    expect(await engine.read('releases/1/VERSION', never)).toBeNull();
    await expect(engine.read('releases', never)).rejects.toMatchObject({ code: 'E_REMOTE' });
    await place.sh(': >shop/file && ln -s loop shop/loop');
    for (const path of ['file/VERSION', 'loop', 'loop/VERSION']) {
      expect([path, await engine.read(path, never)]).toEqual([path, null]);
    }
  });

  test('where nobody can know whether there is a file it is not said that there is none', async () => {
    const place = await open();
    await place.sh(`mkdir -p shop/closed/in shop/releases && : >shop/closed/in/VERSION
      ln -s ../closed/in shop/releases/1 && ln -s releases/1 shop/current && chmod 0 shop/closed`);
    const engine = place.engine();
    const endOf = (path: string) =>
      engine.read(path, never).then((content) => content?.length ?? null, errorCode);
    const paths = ['closed/in/VERSION', 'closed/absent', 'current/VERSION', 'x'.repeat(300)];
    const ends = await Promise.all(paths.map(endOf));
    // Nothing is closed to root.
    const isRoot = (await place.sh('id -u; chmod 755 shop/closed')).trim() === '0';
    const ofClosed = isRoot ? [0, null, 0] : ['E_REMOTE', 'E_REMOTE', 'E_REMOTE'];
    expect(ends).toEqual([...ofClosed, 'E_REMOTE']);
  });

  test('a mebibyte is read, and no byte more', async () => {
    const place = await open();
    await place.sh(
      'mkdir shop && head -c 1048576 /dev/zero >shop/whole && head -c 1048577 /dev/zero >shop/more',
    );
    const engine = place.engine();
    expect(await engine.read('whole', never)).toHaveLength(1_048_576);
    await expect(engine.read('more', never)).rejects.toMatchObject({
      code: 'E_REMOTE',
      message: expect.stringContaining('more is larger than 1048576 bytes'),
    });
  });

  test.for(['..', '../secret', 'a/../../secret', '/etc/passwd', './a', 'a//b', '', 'a\nb', 'a\0b'])(
    'what is not below the deploy path is not read: %j',
    async (path) => {
      const place = await open();
      await expect(place.engine().read(path, never)).rejects.toMatchObject({ code: 'E_USAGE' });
    },
  );
}
