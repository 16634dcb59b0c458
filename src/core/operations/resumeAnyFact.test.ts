import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Config } from '../config/types.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import {
  contents,
  counting,
  cutShort,
  DEPLOY,
  elsewhere,
  PLAIN,
  RESUME,
  restsWell,
} from './testing/lives.ts';
import { command, createWorld, type World } from './testing/world.ts';

const CASES = [
  [
    'a deployment',
    'two',
    [],
    (config: Config) => (runtime: World['runtime']) => deploy(runtime, config, DEPLOY),
  ],
  [
    'a deployment whose post-launch fails on one server',
    'one',
    [command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_ROLLBACK" = 1')],
    (config: Config) => (runtime: World['runtime']) => deploy(runtime, config, DEPLOY),
  ],
  [
    'a rollback',
    'zero',
    [],
    (config: Config) => (runtime: World['runtime']) => rollback(runtime, config, { ...PLAIN, to: null }),
  ],
] as const;

test.for(CASES)(
  '%s that is cut short after any fact is ended elsewhere as it would have ended',
  { timeout: 180_000 },
  async ([, expected, postLaunch, start]) => {
    for (let n = 1; ; n += 5) {
      const world = await createWorld({
        servers: ['web1', 'web2'],
        environment: { commands: { postUpload: [], postLaunch: [...postLaunch] } },
      });
      const quiet = {
        ...world.config.environments.production!,
        commands: { postUpload: [], postLaunch: [] },
      };
      const before: Config = { ...world.config, environments: { production: quiet } };
      for (const text of ['zero', 'one']) {
        await world.write({ 'index.html': text });
        await deploy(world.runtime, before, DEPLOY);
      }
      if (expected !== 'zero') await world.write({ 'index.html': 'two' });
      const config = counting(world);
      if (!(await cutShort(world, n, start(config)))) {
        expect(n).toBeGreaterThan(10);
        return;
      }
      const result = await resume(elsewhere(world), config, RESUME);
      // Cut short before anything was begun, or after all was done: nothing is open.
      const nothing = result === null;
      expect({ n, outcome: result?.outcome ?? null }).toEqual({
        n,
        outcome: nothing ? null : expected === 'one' ? 'compensated' : 'committed',
      });
      const served = await contents(world);
      expect({ n, served }).toEqual({ n, served: served.map(() => (nothing ? served[0] : expected)) });
      await restsWell(world);
      const runs = (await readFile(world.at('counted'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '');
      expect(new Set(runs).size).toBe(runs.length);
      if (expected === 'two' && !nothing)
        expect(runs.map((line) => line.split(' ')[0]).sort()).toEqual([...world.servers]);
    }
  },
);

/** One by one, and web2 fails once it is switched. */
const MIXED = {
  strategy: 'sequential',
  onFailure: 'revert-server',
  commands: {
    postUpload: [],
    postLaunch: [command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_ROLLBACK" = 1')],
  },
} as const;

test('under a policy that lets servers stay, whoever resumes decides as the policy says', {
  timeout: 180_000,
}, async () => {
  const outcomes = new Set<string>();
  for (let n = 23; ; n += 4) {
    const world = await createWorld();
    await world.write({ 'index.html': 'one' });
    await world.deploy();
    await world.write({ 'index.html': 'two' });
    const production = { ...world.config.environments.production!, ...MIXED };
    const config: Config = { ...world.config, environments: { production } };
    if (!(await cutShort(world, n, (runtime) => deploy(runtime, config, DEPLOY)))) break;
    const result = await resume(elsewhere(world), config, RESUME);
    expect({ n, served: await contents(world) }).toEqual({ n, served: ['two', 'one', 'one'] });
    await restsWell(world);
    outcomes.add(result?.outcome ?? 'nothing was open');
  }
  expect([...outcomes].filter((outcome) => outcome !== 'nothing was open')).toEqual(['committed']);
});
