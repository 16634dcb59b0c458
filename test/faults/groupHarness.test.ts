import { beforeAll, expect, test } from 'vitest';
import type { Event } from '../../src/core/journal/events.ts';
import { inContainer } from '../integration/support/remoteTree.ts';
import { changedOver, movedAgain, unequal } from './support/groupInvariants.ts';
import type { Reading } from './support/reader.ts';
import { openSite, type Site } from './support/site.ts';
import { type Survey, survey } from './support/survey.ts';

/** What is said of groups has to be able to fail, as in harness.test.ts. */

let site: Site;
let before: Survey;
let mixed: Survey;
beforeAll(async () => {
  site = await openSite({ names: ['web1', 'web2', 'web3'] });
  await site.reset();
  before = await survey(site);
  const back = 'cd /srv/app/web1 && rm current && ln -s "$(ls -d releases/* | head -n 1)" current';
  await inContainer(site.server, ['sh', '-c', back]);
  mixed = await survey(site);
  return () => site[Symbol.asyncDispose]();
});

const ran = (exitCode: number, outcome: string, names: readonly string[] = [...site.paths.keys()]) => {
  const servers = names.map((name) => ({ name, outcome, current: '1' }));
  return { exitCode, stdout: JSON.stringify({ outcome, servers }), stderr: '' };
};

test('a group that serves two releases is found, and one that is not told as it is', () => {
  expect(unequal(site, before, ran(12, 'compensated'), true)).toEqual([]);
  expect(unequal(site, mixed, ran(12, 'compensated'), true)).toEqual([
    'the others serve one,two',
    'exit 12, but they serve one,two,two',
  ]);
  expect(unequal(site, before, ran(13, 'committed', ['web1']), true)).toEqual([
    'exit 13 lists web1',
    'exit 13, but the outcome is committed',
  ]);
  expect(movedAgain(site, before, before)).toEqual([]);
  expect(movedAgain(site, before, mixed)).toEqual(['resume moved web1 from two to one']);
});

test('a reader that saw too many changes, or one too early, tells so', () => {
  const [web1, web2, web3] = [...site.paths.values()];
  const at = (atMs: number, path: string, version: string): Reading => ({ atMs, path, version });
  const begin = [web1!, web2!, web3!].map((path) => at(0, path, 'two'));
  const staged = (name: string, atMs: number): Event => ({
    type: 'step.done',
    server: name,
    step: 'postUpload',
    at: new Date(atMs).toISOString(),
    ms: 1,
    output: null,
  });
  const events = [...site.paths.keys()].map((name, index) => staged(name, 10 + index));
  const found = (more: readonly Reading[], told = events) =>
    changedOver(site, { reads: 1, errors: [], seen: [...begin, ...more] }, told);
  expect(found([])).toEqual([]);
  expect(found([at(12, web1!, 'three'), at(20, web1!, 'two')])).toEqual([]);
  expect(found([at(13, web1!, 'three'), at(14, web1!, 'two'), at(15, web1!, 'three')])).toEqual([
    'a reader saw web1 serve two,three,two,three',
  ]);
  expect(found([at(11, web2!, 'three')])).toEqual(['web2 was switched 1 ms before all were staged']);
  expect(found([at(99, web2!, 'three')], events.slice(1))).toHaveLength(1);
});
