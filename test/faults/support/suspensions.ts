import { inContainer, listTree } from '../../integration/support/remoteTree.ts';
import type { Site } from './site.ts';
import { followStory } from './story.ts';
import type { Trial } from './trial.ts';

/** Every call by which something could be changed; those that open a file count when they open it for writing. */
const CALLS =
  'mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,mknod,mknodat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,utimensat,open,openat,creat';

/**
 * Suspends a deployment when it has told the n-th event, lets another machine take its lock over and end the matter,
 * wakes it up, and counts with strace what it still changes on the server, which is of the image `faulty`.
 */
export async function trySuspension(site: Site, nth: number): Promise<Trial> {
  const name = `suspended at event ${nth}`;
  const machine = await site.reset();
  const running = machine.start(['deploy', 'production', '--events']);
  const suspended = Promise.withResolvers<void>();
  const story = followStory(running, nth, () => {
    running.kill('SIGSTOP');
    suspended.resolve();
  });
  await Promise.race([suspended.promise, story]);
  const on = (text: string) => inContainer(site.server, ['sh', '-c', text]);
  if (!(await holdsLock(site))) {
    running.kill('SIGCONT');
    await story;
    return { name: `${name}, without a lock`, exitCode: (await running).exitCode ?? null, violations: [] };
  }
  await on('touch -h -d "-2 minutes" /srv/app/*/.cutover/locks/* 2>/dev/null || :');
  const other = await site.elsewhere();
  const violations: string[] = [];
  for (const command of ['resume', 'deploy']) {
    const { exitCode, stderr } = await other.run([command, 'production']);
    if (exitCode !== 0) violations.push(`${command} by another ended with ${exitCode}: ${stderr}`);
  }
  await on(`mkdir -p /run/fault && chmod 777 /run/fault && echo ${CALLS} >/run/fault/trace`);
  const before = await listTree(site.server, '/srv/app');
  running.kill('SIGCONT');
  await story;
  const { exitCode } = await running;
  const calls = await on('cat /run/fault/calls 2>/dev/null || :; rm -rf /run/fault');
  violations.push(...changesIn(calls).map((call) => `it woke up and did: ${call}`));
  if ((await listTree(site.server, '/srv/app')) !== before)
    violations.push('it woke up and changed the server');
  return { name, exitCode: exitCode ?? null, violations };
}

async function holdsLock(site: Site): Promise<boolean> {
  const text = 'cd "$1/.cutover/locks" && for each in g-*; do :; done && readlink "$each"';
  const path = [...site.paths.values()][0]!;
  return !(await inContainer(site.server, ['sh', '-c', text, 'sh', path])).startsWith('released');
}

/** Those lines of strace that tell of a call that changed something, or may have. */
export function changesIn(calls: string): readonly string[] {
  return calls.split('\n').filter((line) => {
    const [, call] = /^\d+ +([a-z0-9]+)\(/.exec(line) ?? [];
    if (call === undefined || / = -1 E/.test(line) || /"\/dev\/(null|tty)"/.test(line)) return false;
    return !/^open(at)?$/.test(call) || /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line);
  });
}
