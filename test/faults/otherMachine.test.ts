import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { brokenAlways, brokenAtRest, servedBy } from './support/invariants.ts';
import { openSite, type Site } from './support/site.ts';
import { followStory } from './support/story.ts';
import { survey } from './support/survey.ts';

/** Sees none of this machine's processes, so a run that is dead here is only a silent one there. */
async function onAnotherMachine(site: Site, args: readonly string[]) {
  const bin = fileURLToPath(new URL('../../bin/cutover.js', import.meta.url));
  const apart = ['--pid', '--fork', '--mount-proc', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
  const { exitCode, stderr } = await execa('unshare', [...apart, process.execPath, bin, ...args], {
    cwd: site.project.path,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', HOME: site.project.path },
    reject: false,
  });
  return { exitCode, stderr };
}

test('a machine that cannot know whether the run is dead waits for its lease, and ends it', async () => {
  await using site = await openSite();
  const before = await survey(site);
  const running = (await site.reset()).start(['deploy', 'production', '--events']);
  const { last } = await followStory(running, 15, () => running.kill('SIGKILL'));
  expect(last).toBe('command postUpload web1');

  expect(await onAnotherMachine(site, ['resume', 'production'])).toMatchObject({ exitCode: 11 });
  expect(servedBy(site, await survey(site))).toBe('two');

  const resumed = await onAnotherMachine(site, ['resume', 'production', '--lock-wait', '3m']);
  expect(resumed.stderr).toContain('nothing was heard of it for');
  expect(resumed.exitCode).toBe(0);
  const now = await survey(site);
  expect([...brokenAlways(site, before, now), ...brokenAtRest(site, now)]).toEqual([]);
  expect(servedBy(site, now)).toBe('three');
});
