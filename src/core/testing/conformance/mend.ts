import { describe, expect, test } from 'vitest';
import { mendCache } from '../../operations/cacheMend.ts';
import type { Engine, Fence } from '../../remote/engine.ts';
import type { DifferenceKind } from '../../sync/verification.ts';
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
import { UNTIL_TIDIED } from '../tidied.ts';
import { snapshotOf, type Tree } from '../trees.ts';

const FIRST: Tree = { 'in/same': 's', "it's [odd] * $x \\ é": 'o', later: 'older', gone: 'g' };
const TREE: Tree = {
  'in/same': 's',
  'in/deep/er': 'd',
  "it's [odd] * $x \\ é": 'o',
  'b\\s/-x y': 'l',
  later: 'now',
  empty: '',
  'no/thing': null,
  link: { to: 'in/same' },
};
const [A, B] = ['20260101000001', '20260101000002'] as const;

interface Damage {
  /** For `sh`, in the deploy-cache. */
  readonly by: string;
  readonly found: readonly (readonly [path: string, kind: DifferenceKind])[];
  /** The releases have the same files. */
  readonly isShared?: true;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  'other content': {
    by: 'printf xx >in/same; printf xx >empty',
    found: [
      ['empty', 'content'],
      ['in/same', 'content'],
    ],
    isShared: true,
  },
  'another mode': {
    by: 'chmod 600 in/same; chmod 755 later',
    found: [
      ['in/same', 'mode'],
      ['later', 'mode'],
    ],
    isShared: true,
  },
  'what is gone': {
    by: 'rm -r in empty no link',
    found: ['empty', 'in', 'link', 'no'].map((path) => [path, 'missing'] as const),
  },
  'what was added': {
    by: 'mkdir -p new/below in/d; touch new/below/x in/d/y ./-rf; ln -s / up',
    found: ['-rf', 'in/d', 'new', 'up'].map((path) => [path, 'extra'] as const),
  },
  'other kinds': {
    by: 'rm -r in empty link no later; echo >in; mkdir -p empty/x later; ln -s / no; ln -s / link2; mv link2 link/ 2>/dev/null || mv link2 link; rm link; echo >link',
    found: ['empty', 'in', 'later', 'link', 'no'].map((path) => [path, 'kind'] as const),
  },
  'a link that leads elsewhere': { by: 'ln -sfn nowhere link', found: [['link', 'target']] },
  'odd names': {
    by: `printf xx >"it's [odd] * \\$x \\\\ é"; printf xx >"b\\\\s/-x y"`,
    found: [
      ['b\\s/-x y', 'content'],
      ["it's [odd] * $x \\ é", 'content'],
    ],
    isShared: true,
  },
  'all at once': {
    by: 'rm -r no link; printf xx >in/same; chmod 755 later; mkdir empty.d; mv empty empty.d; mv empty.d empty; touch in/more',
    found: [
      ['empty', 'kind'],
      ['in/more', 'extra'],
      ['in/same', 'content'],
      ['later', 'mode'],
      ['link', 'missing'],
      ['no', 'missing'],
    ],
  },
};

/** `every`: of all the things that mending asks of a server, each n-th is where whoever does it dies. */
export function mendConformance(open: () => Promise<Place>, every: number): void {
  describe('verify and mend', () => {
    test('what was uploaded does not differ', async () => {
      const { engine } = await deployed(open);
      expect(await engine.verify(never)).toMatchObject({ files: 6, differences: [] });
    });

    test.for(Object.entries(DAMAGES))('%s is found, and mended', async ([, { by, found, isShared }]) => {
      const { place, engine, fence } = await deployed(open);
      const before = await times(place);
      await place.sh(`cd shop/deploy-cache; ${by}`);
      const trace = "find shop -printf '%p %i %m %T@ %C@\\n' | sort";
      const seen = await place.sh(trace);
      expect(seen).not.toContain('.cutover/trash/');
      const { differences } = await engine.verify(never);
      expect(await place.sh(trace)).toBe(seen);
      expect(differences.map(({ path, kind }) => [path, kind])).toEqual(found);
      if (isShared) expect(differences.map(({ live }) => live)).not.toContain(false);
      await mend(engine, fence);
      expect(await engine.verify(never)).toMatchObject({ differences: [] });
      await expectRight(place);
      expect(await times(place)).toEqual(before);
      expect(await place.sh('ls shop/.cutover/incoming')).not.toMatch(/repair|stage/);
    });

    test('who dies anywhere has mended a part, and the next one mends the rest', {
      timeout: 120_000,
    }, async () => {
      const { by } = DAMAGES['all at once']!;
      const damaged = async () => {
        const { place, fence } = await deployed(open);
        await place.sh(`cd shop/deploy-cache; ${by}`);
        const takeOver = async (engine: Engine) =>
          mend(engine, await locked(engine, 'two', fence.generation));
        return { place, takeOver };
      };
      const counted = await damaged();
      const total = await countAsked(counted.place, counted.takeOver);
      for (let at = 1; at <= total; at += every) {
        const { place, takeOver } = await damaged();
        await dieAt(place, at, takeOver);
        const next = place.engine();
        const { lock } = await next.observe([], never);
        await mend(next, await locked(next, 'three', lock.generation));
        expect([at, (await next.verify(never)).differences]).toEqual([at, []]);
        await expectRight(place);
        await next.close();
      }
    });

    test('a manifest that lacks a line is no measure of anything', async () => {
      const { place, engine } = await deployed(open);
      await place.sh(`sed -i '2s/^./?/' shop/.cutover/manifests/${B}`);
      await expect(engine.verify(never)).rejects.toMatchObject({
        code: 'E_REFUSED',
        hint: expect.stringContaining('--full'),
      });
    });
  });
}

async function mend(engine: Engine, fence: Fence): Promise<void> {
  const seen = await engine.observe([], never);
  const { differences } = await engine.verify(never);
  await mendCache({
    engine,
    fence,
    seen,
    environment: 'production',
    differences,
    now: new Date('2026-01-01T00:00:09Z'),
    findContent: async () => snapshotOf(TREE),
    cancel: never,
  });
}

/** Two segments, and two releases that have much in common. */
async function deployed(open: () => Promise<Place>) {
  const place = await open();
  const first = place.engine();
  await deploy(first, await locked(first), A, FIRST);
  const next = await locked(first, 'one again', (await first.observe([], never)).lock.generation);
  await deploy(first, next, B, TREE);
  // What works on behind a deployment, on the server or here, changes the times of inodes.
  await first.close();
  await place.sh(`set -- shop; ${UNTIL_TIDIED}`);
  const engine = place.engine();
  return {
    place,
    engine,
    fence: await locked(engine, 'mender', (await engine.observe([], never)).lock.generation),
  };
}

function times(place: Place): Promise<string> {
  return place.sh("cd shop/deploy-cache; find . -type f -printf '%P %T@\\n' | sort");
}

async function expectRight(place: Place): Promise<void> {
  for (const where of ['deploy-cache', `releases/${B}`])
    expect([where, await contents(place, `shop/${where}`)]).toEqual([where, contentsOf(TREE)]);
  expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf(FIRST));
}
