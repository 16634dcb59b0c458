import { describe, expect, test } from 'vitest';
import type { Engine } from '../../remote/engine.ts';
import {
  contents,
  contentsOf,
  countAsked,
  deploy,
  dieAt,
  locked,
  never,
  type Place,
} from '../conformancePlace.ts';
import type { Tree } from '../trees.ts';

const OLD: Tree = { 'in/same': 's', 'in/changed': 'old', gone: 'g', kind: 'a file', link: { to: 'gone' } };
const NEW: Tree = {
  'in/same': 's',
  'in/changed': 'new',
  'kind/now': 'a directory',
  link: { to: 'in' },
  new: '',
};
const [A, B] = ['20260101000001', '20260101000002'] as const;

/** `every`: of all the things that a deployment asks of a server, each n-th is where the line breaks. */
export function cutConformance(open: () => Promise<Place>, every: number): void {
  describe('cut', () => {
    test('a line that breaks anywhere is opened again, and the deployment ends as without', {
      timeout: 120_000,
    }, async () => {
      const total = await countAsked(await deployed(open), deployNew);
      for (let at = 1; at <= total; at += every) {
        for (const cut of ['before', 'after'] as const) {
          const place = await deployed(open);
          const engine = place.engine((index) => (index === at ? cut : null));
          await deployNew(engine);
          await engine.close();
          expect([at, cut, await place.sh('readlink shop/current')]).toEqual([at, cut, `releases/${B}\n`]);
          await expectWhole(place);
        }
      }
    });

    test('who dies anywhere leaves the old or the new release whole, and another one finishes', {
      timeout: 120_000,
    }, async () => {
      const total = await countAsked(await deployed(open), deployNew);
      for (let at = 1; at <= total; at += every) {
        const place = await deployed(open);
        await dieAt(place, at, deployNew);
        expect([`releases/${A}\n`, `releases/${B}\n`]).toContain(await place.sh('readlink shop/current'));
        await expectWhole(place);
        const next = place.engine();
        const { lock } = await next.observe([], never);
        const fence = await locked(next, 'three', lock.generation);
        await deploy(next, fence, B, NEW);
        await next.close();
        expect([at, await place.sh('readlink shop/current')]).toEqual([at, `releases/${B}\n`]);
        await expectWhole(place);
        expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf(NEW));
      }
    });
  });
}

async function deployNew(engine: Engine): Promise<void> {
  await deploy(engine, await locked(engine, 'two'), B, NEW);
}

async function deployed(open: () => Promise<Place>): Promise<Place> {
  const place = await open();
  const engine = place.engine();
  await deploy(engine, await locked(engine), A, OLD);
  await engine.close();
  return place;
}

/** What has a name in `releases/` is complete. */
async function expectWhole(place: Place): Promise<void> {
  const names = (await place.sh('ls shop/releases')).trim().split('\n');
  for (const name of names)
    expect([name, await contents(place, `shop/releases/${name}`)]).toEqual([
      name,
      contentsOf(name === A ? OLD : NEW),
    ]);
}
