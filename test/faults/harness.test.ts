import { afterAll, beforeAll, expect, test } from 'vitest';
import { inContainer } from '../integration/support/remoteTree.ts';
import { brokenAlways, brokenAtRest, leftOver, untrue } from './support/invariants.ts';
import { startReader } from './support/reader.ts';
import { openSite, type Site } from './support/site.ts';
import { type Survey, survey } from './support/survey.ts';

/** The checks have to be able to fail: each violation is made by hand, and has to be found. */

let site: Site;
let before: Survey;
beforeAll(async () => {
  site = await openSite();
  await site.reset();
  before = await survey(site);
});
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
});

/** Does something in the deploy path, and gives what is found wrong. */
async function after(script: string): Promise<readonly string[]> {
  await site.reset();
  await inContainer(site.server, ['sh', '-c', `cd /srv/app/web1 && live=$(readlink current) && ${script}`]);
  const now = await survey(site);
  return [...brokenAlways(site, before, now), ...brokenAtRest(site, now), ...leftOver(now)];
}

test('nothing is wrong where nothing happened', async () => {
  expect(await after(':')).toEqual([]);
});

test.each([
  ['I1', 'rm current && ln -s releases/nowhere current'],
  ['I1', 'rm current'],
  ['I2', 'mkdir releases/20990101000000'],
  ['I2', 'rm "$live/zz/last"'],
  ['I3', 'echo more >>"$(ls -d releases/* | head -n 1)/version"'],
  ['I3', 'chmod 755 "$live/version"'],
  ['I4', 'ln -s somebody .cutover/locks/g-999999'],
  ['I5', 'mkdir .cutover/trash/1'],
  ['I6', 'rm -rf "$live"'],
  ['I10', 'touch /srv/canary/deep/file'],
  ['started twice', 'for each in 1 2; do echo "postUpload web1 1 0" >>/srv/log/commands; done'],
])('%s is found: %s', async (what, script) => {
  expect((await after(script)).join('\n')).toContain(what);
});

test('a wrong exit code is found', async () => {
  await site.reset();
  const now = await survey(site);
  const revision = site.versions.at(-1)!.revision;
  const run = { stdout: JSON.stringify({ outcome: 'committed', revision }), stderr: '' };
  expect(untrue(site, before, now, { ...run, exitCode: 0 })).toEqual(['I7: exit 0, but it serves two']);
  expect(untrue(site, before, now, { ...run, exitCode: 12 })).toEqual([]);
  expect(untrue(site, before, now, { ...run, exitCode: null })).toEqual(['I8: it hung']);
  expect(untrue(site, before, now, { ...run, exitCode: 1 })).toHaveLength(1);
});

test('the reader sees a moment without a release, and one with half of it', async () => {
  await site.reset();
  const reader = await startReader(site);
  const wait = 'sleep 0.2';
  const script = `cd /srv/app/web1 && ${wait} && rm current && ${wait} && ln -s releases/$(ls releases | tail -n 1) current &&
    ${wait} && mv current/zz/last current/gone && ${wait} && mv current/gone current/zz/last && ${wait}`;
  await inContainer(site.server, ['sh', '-c', script]);
  const { errors, seen, reads } = await reader.stop();
  expect(errors.some((error) => error.includes('cannot be entered'))).toBe(true);
  expect(errors.some((error) => error.includes('has two, first of two,'))).toBe(true);
  expect(seen.map(({ path, version }) => `${path}: ${version}`)).toEqual(['/srv/app/web1: two']);
  expect(reads).toBeGreaterThan(50);
});
