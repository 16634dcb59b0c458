import { expect, test } from 'vitest';
import { type Cut, faultyTransport } from '../testing/faultyConnection.ts';
import { command, createWorld } from './testing/world.ts';

/** What one server is asked in a deployment: observe, lock, observe, seven steps with one command each, close the journal, unlock. */
const EXECS = 12;
/** The user's command of postUpload and the one of postLaunch. */
const COMMANDS = [7, 9];

/** Deploys once; then the line to web2 breaks at its n-th command of the second deployment. */
async function deployWithCut(n: number, cut: Cut) {
  let first = Number.POSITIVE_INFINITY;
  let execs = 0;
  let broke = false;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    environment: { commands: { postUpload: [command('true')], postLaunch: [command('true')] } },
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
  ['before', [1, 2, 3, 4]],
  ['before', [5, 6, 7, 8]],
  ['before', [9, 10, 11]],
  ['after', [1, 2, 3, 4]],
  ['after', [5, 6, 7, 8]],
  ['after', [9, 10, 11]],
] as const)(
  'a line that breaks %s a command ran, at each of %j, ends in one release everywhere',
  async ([cut, ns]) => {
    await Promise.all(ns.map((n) => expectOneRelease(n, cut)));
  },
);

async function expectOneRelease(n: number, cut: Cut) {
  const { world, old, result, broke } = await deployWithCut(n, cut);
  // Only of a command of the user's nobody can say what became of it; all else is asked again.
  const lost = COMMANDS.includes(n);
  const failures = result.servers.flatMap(({ failure }) => failure?.code ?? []);
  expect({ n, broke, outcome: result.outcome, failures, problems: result.problems }).toEqual({
    n,
    broke: true,
    outcome: lost ? 'compensated' : 'committed',
    failures: lost ? ['E_UNKNOWN'] : [],
    problems: [],
  });
  for (const server of world.servers) {
    expect({ n, ...(await world.seen(server)) }).toEqual({
      n,
      current: `releases/${lost ? old : result.release}`,
      releases: lost ? [old] : [old, result.release],
      states: { [old]: 'succeeded', [result.release]: lost ? 'failed' : 'succeeded' },
      lock: 'released',
    });
  }
}
