import { readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Event } from '../../src/core/journal/events.ts';
import { claim } from './claim.ts';
import { inPlainWords, readEvents } from './plainWords.ts';
import { command, pairs, say, title, verbatim } from './print.ts';
import { type Site, serve } from './site.ts';
import type { Stage } from './stage.ts';
import { drawTree } from './tree.ts';
import { look, sendVisitors, type Tally } from './visitors.ts';

const PAGE = 'public/index.html';

/** Plays the four acts. Throws `NotAsTold` as soon as something is not as told. */
export async function tellStory(stage: Stage): Promise<void> {
  title('cutover: atomic deployments, demonstrated');
  say(
    'A site in a git repository is deployed to a directory of this machine, which plays the server. A small web server serves what its "current" leads to. The commands are real; --events lets this script read along.',
    stage.root,
  );
  await using site = await serve(stage.server);
  const first = await firstDeployment(stage, site);
  await using visitors = sendVisitors(site.url);
  const second = await secondDeployment(stage, site);
  const failed = await failingDeployment(stage, site, second);
  await rollback(stage, site, first);
  await showServer(stage, { first, second, failed });
  showVisitors(await visitors.stop());
}

async function firstDeployment(stage: Stage, site: Site): Promise<string> {
  title('1  The first deployment');
  await tellPage('Before', site, null);
  await run(stage, 0, 'deploy', 'local');
  const release = await live(stage);
  await tellPage('Now', site, { version: '1', release });
  return release;
}

async function secondDeployment(stage: Stage, site: Site): Promise<string> {
  const first = await live(stage);
  title('2  A change, deployed while visitors come');
  say(
    'From here on visitors ask for the page without a pause. One of them has left a file in public/uploads, a shared directory. The page now says version 2 and has another colour.',
  );
  await writeFile(join(stage.server, 'current/public/uploads/photo.txt'), 'A cloud.\n');
  await stage.commit('Forecast for tomorrow', {
    [PAGE]: (html) => html.replace('>1<', '>2<'),
    'public/assets/site.css': (css) => css.replace('#2f6f9f', '#9f4f2f'),
  });
  const events = await run(stage, 0, 'deploy', 'local');
  const release = await live(stage);
  await tellPage('Now', site, { version: '2', release });
  const sent = events.find((event) => event.type === 'step.done' && event.step === 'syncCache');
  const files = sent?.type === 'step.done' ? (sent.output as { readonly files: number }).files : null;
  claim('only the two changed files were sent', files === 2, files);
  claim('both releases share what did not change', await isOneFile(stage, first, release));
  const photo = await fetch(new URL('uploads/photo.txt', site.url));
  claim('what the visitor left is still there', (await photo.text()) === 'A cloud.\n', photo.status);
  say(
    'Two files were sent; the picture of the cloud is one file on the disk, which both releases have. The file in public/uploads is still there.',
  );
  return release;
}

async function failingDeployment(stage: Stage, site: Site, live: string): Promise<string> {
  title('3  A release that fails');
  say('Version 3 shows a rainbow, but somebody forgot to commit the picture of it.');
  await stage.commit('Promise a rainbow', {
    [PAGE]: (html) => html.replace('>2<', '>3<').replace('cloud.svg', 'rainbow.svg'),
  });
  await tellPage('Before', site, { version: '2', release: live });
  const events = await run(stage, 12, 'deploy', 'local');
  await tellPage('Now', site, { version: '2', release: live });
  const failed = events.find((event) => event.type === 'opened')?.plan.release ?? '';
  const releases = await readdir(join(stage.server, 'releases'));
  claim('the failed release is gone', !releases.includes(failed) && releases.length === 2, releases);
  say('Nobody ever saw version 3: it failed before the switch. Exit status 12 tells a script so.');
  return failed;
}

async function rollback(stage: Stage, site: Site, first: string): Promise<void> {
  title('4  Back to version 1');
  say('Nothing is sent and nothing is built: the release is still there, whole.');
  await run(stage, 0, 'rollback', 'local');
  await tellPage('Now', site, { version: '1', release: first });
}

interface Releases {
  readonly first: string;
  readonly second: string;
  readonly failed: string;
}

async function showServer(stage: Stage, { first, second, failed }: Releases): Promise<void> {
  title('What is on the server');
  const notes = {
    [`releases/${first}`]: 'version 1, live',
    [`releases/${second}`]: 'version 2, rolled back',
    'deploy-cache': 'what was sent last; its files are hard links too',
    shared: 'outlives releases',
    '.cutover': 'ledger, manifest, lock',
  };
  const tree = await drawTree(stage.server, { depth: 2, notes });
  verbatim(['server/', ...tree]);
  const { exitCode, stdout } = await stage.cutover('releases', 'local');
  command('cutover releases local');
  verbatim(stdout.trimEnd().split('\n'));
  claim('cutover releases ends with 0', exitCode === 0, exitCode);
  const states = { [first]: 'succeeded', [second]: 'bad', [failed]: 'failed' };
  for (const [release, state] of Object.entries(states)) {
    claim(`${release} is called ${state}`, new RegExp(`${release} +${state}`).test(stdout), stdout);
  }
}

function showVisitors({ requests, failures, pagesByVersion }: Tally): void {
  title('What the visitors met with');
  const counts = [...pagesByVersion].sort().map(([version, count]) => `${count} times version ${version}`);
  say(`${requests} requests, ${failures.length} failed. They saw ${counts.join(', ')}.`);
  claim('no request failed', failures.length === 0, failures);
  claim('both versions were seen, and no other', [...pagesByVersion.keys()].sort().join() === '1,2', counts);
}

/** Runs the command, tells in plain words what it did, and how it ended. */
async function run(stage: Stage, wanted: number, ...args: readonly string[]): Promise<readonly Event[]> {
  const line = [...args, '--events'];
  command(`cutover ${line.join(' ')}`);
  const { exitCode, stdout, stderr } = await stage.cutover(...line);
  claim(
    `cutover ${args.join(' ')} ends with ${wanted}`,
    exitCode === wanted,
    `${exitCode}\n${stdout}${stderr}`,
  );
  const events = readEvents(stderr);
  pairs(inPlainWords(events));
  // Its place says nothing here, and would not fit.
  const shown = stdout.trimEnd().replaceAll(`${stage.root}/`, '…/');
  verbatim([...shown.split('\n'), `Exit status ${exitCode}`]);
  return events;
}

async function tellPage(
  when: 'Before' | 'Now',
  site: Site,
  wanted: { readonly version: string; readonly release: string } | null,
): Promise<void> {
  if (wanted === null) {
    const { status } = await fetch(site.url);
    claim('nothing is live', status === 404, status);
    say(`${when}: nothing is live, the site answers 404.`);
    return;
  }
  const page = await look(site.url);
  claim(`the site shows version ${wanted.version}`, page.version === wanted.version, page);
  claim(`the page was made in release ${wanted.release}`, page.release === wanted.release, page);
  say(`${when}: the site shows version ${page.version}, made in release ${page.release}.`);
}

async function live(stage: Stage): Promise<string> {
  return basename(await readlink(join(stage.server, 'current')));
}

async function isOneFile(stage: Stage, ...releases: readonly string[]): Promise<boolean> {
  const inodes = releases.map(async (release) => {
    const { ino } = await stat(join(stage.server, 'releases', release, 'public/assets/cloud.svg'));
    return ino;
  });
  return new Set(await Promise.all(inodes)).size === 1;
}
