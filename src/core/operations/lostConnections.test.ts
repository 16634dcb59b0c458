import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Cut } from '../testing/breakingLine.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { command, createWorld } from './testing/world.ts';

/**
 * What one server is asked in a deployment: lock and observe, read the manifest, seven steps with one command each, the
 * last of which ends it, the message that switches, and a look at the deploy-cache after either command.
 */
const EXECS = 12;

/** Deploys once; then the line to web2 breaks at its n-th command of the second deployment. */
async function deployWithCut(n: number, cut: Cut) {
  let first = Number.POSITIVE_INFINITY;
  let execs = 0;
  let broke = false;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    environment: {
      commands: { postUpload: [command('echo x >>built')], postLaunch: [command('echo x >>launched')] },
    },
    transport: (server, plain) =>
      server === 'web1'
        ? plain
        : faultyTransport(plain, (_, index) => {
            execs = index;
            if (index !== first + n) return null;
            broke = true;
            return cut;
          }),
  });
  await world.write({ 'index.html': 'one', 'old/gone': 'x' });
  const { release: old } = await world.deploy();
  first = execs;
  await world.write({ 'index.html': 'two', 'new/file': 'x' });
  const result = await world.deploy();
  return { world, old, result, broke, execs: execs - first };
}

test('the commands are counted right', async () => {
  const { execs, broke, result } = await deployWithCut(EXECS + 1, 'before');
  expect({ execs, broke, outcome: result.outcome }).toEqual({
    execs: EXECS,
    broke: false,
    outcome: 'committed',
  });
});

test.for([
  ['before', [1, 2, 3, 4, 5]],
  ['before', [6, 7, 8, 9, 10, 11, 12]],
  ['after', [1, 2, 3, 4, 5]],
  ['after', [6, 7, 8, 9, 10, 11, 12]],
] as const)(
  'a line that breaks %s a command ran, at each of %j, ends in one release everywhere',
  async ([cut, ns]) => {
    await Promise.all(ns.map((n) => expectOneRelease(n, cut)));
  },
);

async function expectOneRelease(n: number, cut: Cut) {
  const { world, old, result, broke } = await deployWithCut(n, cut);
  const failures = result.servers.flatMap(({ failure }) => failure?.code ?? []);
  expect({ n, broke, outcome: result.outcome, failures, problems: result.problems }).toEqual({
    n,
    broke: true,
    outcome: 'committed',
    failures: [],
    problems: [],
  });
  for (const server of world.servers) {
    expect({ n, ...(await world.seen(server)) }).toEqual({
      n,
      current: `releases/${result.release}`,
      releases: [old, result.release],
      states: { [old]: 'succeeded', [result.release]: 'succeeded' },
      lock: 'released',
    });
    for (const file of ['built', 'launched']) {
      expect({ n, file, text: await readFile(world.at(server, 'current', file), 'utf8') }).toEqual({
        n,
        file,
        text: 'x\n',
      });
    }
  }
}
