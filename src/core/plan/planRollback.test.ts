import { expect, test } from 'vitest';
import { plainCommand } from '../config/testing/plain.ts';
import type { Observation } from '../remote/observation.ts';
import { isSealed } from './digest.ts';
import { planRollback } from './planRollback.ts';
import { A, B, C, environment, everywhere, seen, serving } from './testing/facts.ts';

function planned(observations: ReadonlyMap<string, Observation>, to: string | null = null, changes = {}) {
  return planRollback({
    application: 'shop',
    environment: environment(changes),
    configuration: 'configured',
    observations,
    to,
  });
}

const three = serving([{ release: A, revision: 'one' }, { release: B, revision: 'two' }, { release: C }]);

test('it goes to the last good release before the one that is live, and sends and removes nothing', () => {
  const plan = planned(everywhere(three));
  expect(plan).toMatchObject({
    kind: 'rollback',
    release: B,
    revision: 'two',
    manifest: null,
    unchanged: false,
  });
  for (const server of plan.servers) {
    expect(server).toMatchObject({ current: C, files: [], prune: [], changes: { added: 0, bytes: 0 } });
    expect(server.expects.current).toBe(`releases/${C}`);
  }
  expect(isSealed(plan)).toBe(true);
});

test('only post-launch commands are run', () => {
  const command = plainCommand('x', { on: 'first' });
  const plan = planned(everywhere(three), null, {
    commands: { postUpload: [command], postLaunch: [command] },
  });
  expect(plan.servers.map((server) => server.commands)).toEqual([
    { postUpload: [], postLaunch: ['x'] },
    { postUpload: [], postLaunch: [] },
  ]);
});

test('bad, failed and foreign ones are passed over, unless they are named', () => {
  const observations = everywhere(
    serving([{ release: A }, { release: B, state: 'bad' }, { release: C }], {
      releases: [A, B, C, '0initial', '20260101000000'],
    }),
  );
  expect(planned(observations).release).toBe(A);
  expect(planned(observations, B).release).toBe(B);
  expect(planned(observations, '0initial')).toMatchObject({ release: '0initial', revision: null });
});

test('it must have succeeded on every server, and be there', () => {
  const less = { ...three, releases: [A, C] };
  expect(
    planned(
      new Map([
        ['web1', three],
        ['web2', less],
      ]),
    ).release,
  ).toBe(A);
  const none = serving([{ release: B }, { release: C }]);
  expect(() =>
    planned(
      new Map([
        ['web1', less],
        ['web2', none],
      ]),
    ),
  ).toThrow(
    expect.objectContaining({ code: 'E_REFUSED', message: expect.stringContaining('no earlier release') }),
  );
});

test.for([
  ['nothing is live', seen()],
  ['there is one release', serving([{ release: A }])],
  [
    'what is live leads nowhere',
    { ...three, current: { kind: 'link', text: `releases/${C}`, release: C, dangling: true } as const },
  ],
] as const)('there is nowhere to go when %s', ([, observation]) => {
  expect(() => planned(everywhere(observation))).toThrow(expect.objectContaining({ code: 'E_REFUSED' }));
});

test('one that is not there is refused, naming the servers that lack it', () => {
  const observations = new Map([
    ['web1', three],
    ['web2', { ...three, releases: [B, C] }],
  ]);
  expect(() => planned(observations, A)).toThrow(
    expect.objectContaining({ message: `The release ${A} does not exist on web2; nothing was touched.` }),
  );
});

test('what stands against a deployment stands against a rollback', () => {
  expect(() => planned(everywhere({ ...three, writable: false }))).toThrow(
    expect.objectContaining({ code: 'E_REFUSED', message: expect.stringContaining('may not write') }),
  );
});

test('going where all are already is nothing to do', () => {
  expect(planned(everywhere(three), C).unchanged).toBe(true);
  expect(
    planned(
      new Map([
        ['web1', three],
        ['web2', seen({ releases: [C] })],
      ]),
      C,
    ).unchanged,
  ).toBe(false);
});
