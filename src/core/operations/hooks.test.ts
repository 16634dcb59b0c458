import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError, type HookContext, type HookPoint } from '../contract/index.ts';
import { deploy } from './deploy.ts';
import { rollback } from './rollback.ts';
import { hookAt } from './testing/hooks.ts';
import { command, createWorld, PLAIN, type WorldOptions } from './testing/world.ts';

const failing = { postUpload: [], postLaunch: [command('test "$CUTOVER_SERVER" != web2')] };

/** Tells which points were come to, in order. */
function told(options: WorldOptions, points: readonly HookPoint[]) {
  const seen: string[] = [];
  const contexts: HookContext[] = [];
  return {
    seen,
    contexts,
    options: {
      ...options,
      environment: { hooks: points.map((point) => hookAt(point)), ...options.environment },
      hook: (at: HookPoint, context: HookContext) => {
        seen.push(`${context.server} ${at}`);
        contexts.push(context);
        return options.hook?.(at, context);
      },
    } satisfies WorldOptions,
  };
}

const ENDS = ['onRollback', 'onFailure', 'always'] as const;

test('what is well runs only what runs always, behind everything, and nobody is told why it failed', async () => {
  const spy = told({ servers: ['web1', 'web2'] }, [...ENDS, 'after:prune']);
  const world = await createWorld(spy.options);
  const first = await world.deploy();
  expect(first).toMatchObject({ outcome: 'committed', problems: [] });
  for (const server of ['web1', 'web2'])
    expect(spy.seen.filter((each) => each.startsWith(server))).toEqual([
      `${server} after:prune`,
      `${server} always`,
    ]);
  expect(spy.contexts.map(({ failure }) => failure)).toEqual([null, null, null, null]);
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  spy.seen.length = 0;
  await rollback(world.runtime, world.config, { environment: 'production', to: null, servers: [] });
  expect(spy.seen.filter((each) => each.startsWith('web1'))).toEqual([
    'web1 onRollback',
    'web1 after:prune',
    'web1 always',
  ]);
});

test('behind a compensation each server has its own end, and is told why', async () => {
  const spy = told({ environment: { commands: failing } }, ENDS);
  const world = await createWorld({
    ...spy.options,
    environment: { hooks: ENDS.map((point) => hookAt(point)), commands: failing },
  });
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'compensated', problems: [] });
  for (const server of world.servers)
    expect(spy.seen.filter((each) => each.startsWith(server))).toEqual([
      `${server} onFailure`,
      `${server} always`,
    ]);
  for (const { failure } of spy.contexts) expect(failure).toMatch(/^web2: the command .* exit status 1/);
  expect(
    world.events.findLast(({ type }) => type === 'undo.done')!.at <= at(world.events, 'hook.begun'),
  ).toBe(true);
});

const at = (events: readonly { readonly type: string; readonly at: string }[], type: string) =>
  events.find((event) => event.type === type)!.at;

test.for([
  ['revert-all', ['web1', 'web2', 'web3']],
  ['revert-server', ['web2', 'web3']],
  ['keep', ['web3']],
] as const)(
  'one by one, the second fails, policy %s: every server is told why, and who went back has its own end',
  async ([onFailure, back]) => {
    const spy = told({}, ENDS);
    const failsOnce = command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_FIRST" = 1');
    const world = await createWorld({
      ...spy.options,
      environment: {
        ...spy.options.environment,
        strategy: 'sequential',
        onFailure,
        commands: { postUpload: [], postLaunch: [failsOnce] },
      },
    });
    await world.deploy();
    spy.seen.length = 0;
    spy.contexts.length = 0;
    await world.write({ 'index.html': 'two' });
    await world.deploy();
    expect(spy.seen.toSorted()).toEqual(
      [...world.servers.map((name) => `${name} always`), ...back.map((name) => `${name} onFailure`)].sort(),
    );
    for (const { failure } of spy.contexts) expect(failure).toMatch(/^web2: the command .* exit status 1/);
  },
);

test('what fails at the very end is a problem, and keeps nothing from running', async () => {
  const seen: string[] = [];
  const world = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('always'), hookAt('always', { name: 'second' })] },
    hook: () => {
      seen.push('run');
      throw new Error('the board is full');
    },
  });
  expect(await world.deploy()).toMatchObject({
    outcome: 'committed',
    problems: [
      'web1: the hook spy (always) failed: the board is full',
      'web1: the hook second (always) failed: the board is full',
    ],
  });
  expect(seen).toHaveLength(2);
  expect((await world.seen('web1')).lock).toBe('released');
});

test('what fails alike on every server is told of each', async () => {
  const firstTold = Promise.withResolvers<void>();
  const world = await createWorld({
    servers: ['web1', 'web2'],
    environment: { hooks: [hookAt('always')] },
    hook: async (_, { server }) => {
      if (server === 'web2') await firstTold.promise;
      throw new Error('the board is full');
    },
  });
  const emit: typeof world.runtime.emit = (event) => {
    world.runtime.emit(event);
    if (event.type === 'problem') firstTold.resolve();
  };
  expect((await deploy({ ...world.runtime, emit }, world.config, PLAIN)).problems).toEqual([
    'web1: the hook spy (always) failed: the board is full',
    'web2: the hook spy (always) failed: the board is full',
  ]);
});

test('what a hook tells of a secret is written down nowhere', async () => {
  const written: string[] = [];
  const world = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('before:activate'), hookAt('onFailure')] },
    hook: async (at) => {
      if (at === 'onFailure') written.push(await textIn(world.at('web1', '.cutover')));
      throw new CutoverError('E_COMMAND', 'curl -H s3cret', { hint: 'or s3cret' });
    },
  });
  const runtime = { ...world.runtime, redact: (text: string) => text.replaceAll('s3cret', '***') };
  const result = await deploy(runtime, world.config, PLAIN);
  expect(result).toMatchObject({ outcome: 'compensated', problems: [expect.stringContaining('-H ***')] });
  written.push(await textIn(runtime.stateDirectory), JSON.stringify([result, world.events]));
  for (const text of written) {
    expect(text).toContain('curl -H ***');
    expect(text).not.toContain('s3cret');
  }
  expect(written).toHaveLength(3);
});

async function textIn(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

test.for<[string, unknown, string]>([
  ['nothing', undefined, 'it did not say why'],
  ['null', null, 'it did not say why'],
  ['a text', 'no', 'no'],
  ['an error', new Error('no'), 'no'],
  ['an error of ours', new CutoverError('E_COMMAND', 'no', { hint: 'try' }), 'no'],
])('a hook that throws %s fails its step, which names it', async ([, thrown, reason]) => {
  const world = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('after:activate')] },
    hook: () => {
      throw thrown;
    },
  });
  const { outcome, servers } = await world.deploy();
  expect(outcome).toBe('compensated');
  expect(servers[0]?.failure).toMatchObject({
    code: 'E_HOOK',
    step: 'activate',
    message: `web1: the hook spy (after:activate) failed: ${reason}`,
    hint: thrown instanceof CutoverError ? 'try' : null,
  });
});

test('hooks run for the servers that they are meant for', async () => {
  const seen: string[] = [];
  const on = ['first', 'last', 'rest', 'role:db', 'server:web2', 'once'] as const;
  const world = await createWorld({
    environment: { hooks: on.map((each) => hookAt('after:prepare', { on: each, options: each })) },
    hook: (option, { server }) => void seen.push(`${option} ${server}`),
  });
  const [one, two, three] = world.config.environments.production!.servers;
  Object.assign(world.config.environments.production!, {
    servers: [one, { ...two, roles: ['db'] }, three],
  });
  await world.deploy();
  expect(seen.sort()).toEqual([
    'first web1',
    'last web3',
    'once web1',
    'rest web2',
    'rest web3',
    'role:db web2',
    'server:web2 web2',
  ]);
});
