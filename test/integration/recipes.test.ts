import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { createProject } from './support/project.ts';

const page = await readFile(new URL('../../docs/recipes.md', import.meta.url), 'utf8');

/** The first block of YAML below a heading. */
function recipe(heading: string): Record<string, unknown> {
  const text = page.split(`## ${heading}\n`)[1]?.match(/^```yaml\n(.*?)^```/ms)?.[1];
  return parse(String(text)) as Record<string, unknown>;
}

/** Writes down who was in after each change; a server is in where it has a file. */
const BALANCER = `#!/bin/sh
case $1 in
  out) rm "lb/$2" ;;
  in) : >"lb/$2" ;;
esac
echo $(ls lb) >>story
`;

const NAMES = ['web1', 'web2', 'web3'];

test.for([
  ['all goes well', 'revert-all', null, 'committed', ['two', 'two', 'two']],
  ['the second fails and all go back', 'revert-all', 'web2', 'compensated', ['one', 'one', 'one']],
  ['the second fails and goes back alone', 'revert-server', 'web2', 'committed', ['two', 'one', 'one']],
  ['the second fails and is kept', 'keep', 'web2', 'committed', ['two', 'two', 'one']],
  ['the first fails and is kept', 'keep', 'web1', 'committed', ['two', 'one', 'one']],
] as const)(
  'out of the load balancer and back: %s, and at the end every server is in',
  async ([, onFailure, failing, outcome, serve]) => {
    const { hooks, strategy } = recipe('Out of the load balancer and back');
    await using project = await createProject({ servers: {} });
    const at = (...names: readonly string[]) => join(project.path, ...names);
    const servers = NAMES.map((name) => [name, { transport: 'local', path: at(name) }]);
    await project.configure({
      servers: Object.fromEntries(servers),
      strategy,
      hooks,
      onFailure,
      commands: { postLaunch: ['test ! -e ../../fail'] },
    });
    await Promise.all(['bin', 'lb', ...NAMES].map((name) => mkdir(at(name))));
    await Promise.all(NAMES.map((name) => writeFile(at('lb', name), '')));
    await writeFile(at('bin', 'balancer'), BALANCER);
    await chmod(at('bin', 'balancer'), 0o755);
    await project.repository.commit({ 'index.html': 'one' });
    expect(await project.run(['deploy', 'production'])).toMatchObject({ exitCode: 0 });
    await rm(at('story'));

    await project.repository.commit({ 'index.html': 'two' });
    if (failing !== null) await writeFile(at(failing, 'fail'), '');
    const { answer } = await project.json<TransactionResult>(['deploy', 'production']);
    expect(answer.outcome).toBe(outcome);
    const served = NAMES.map((name) => readFile(at(name, 'current', 'index.html'), 'utf8'));
    expect(await Promise.all(served)).toEqual(serve);
    const story = (await readFile(at('story'), 'utf8')).trimEnd().split('\n');
    const inAtATime = story.map((line) => line.split(' ').length);
    expect([Math.min(...inAtATime), inAtATime.at(-1)]).toEqual([2, 3]);
    const out = NAMES.filter((name) => story.some((line) => !line.includes(name)));
    const reached = failing === null ? NAMES : NAMES.slice(0, NAMES.indexOf(failing) + 1);
    expect(out).toEqual(reached);
  },
);
