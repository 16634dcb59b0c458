import { EventEmitter, once } from 'node:events';
import { execa } from 'execa';
import { startProxy } from '../../integration/support/proxy.ts';
import { inContainer } from '../../integration/support/remoteTree.ts';
import type { Site } from './site.ts';
import { followStory } from './story.ts';
import { survey } from './survey.ts';
import { judge, type Trial } from './trial.ts';

/**
 * What stands still, and until when:
 *   for a moment   the whole server; the connection outlives it
 *   until missed   the whole server, until the run has noticed and tries to connect anew
 *   given up       the whole server, until the run has ended
 *   sessions       what was logged in by then, until the run, which can log in anew, has ended
 */
export const PAUSES = ['for a moment', 'until missed', 'given up', 'sessions'] as const;

export type Pause = (typeof PAUSES)[number];

/** A site whose server can be made to stand still. */
export interface PauseSite extends AsyncDisposable {
  /** How many events a deployment has. */
  readonly events: number;
  /** Deploys, and makes the server stand still at the n-th event. */
  tryPause(nth: number, pause: Pause): Promise<Trial>;
}

export async function openPauseSite(site: Site): Promise<PauseSite> {
  const { host, port } = site.server;
  const doors = new EventEmitter();
  const proxy = await startProxy({
    host,
    // Asked anew for each connection.
    port: () => {
      doors.emit('knock');
      return port;
    },
  });
  const hostKey = site.server.hostKeys.map((key) => key.fingerprint);
  await site.configure({ entry: { host: proxy.host, port: proxy.port, hostKey, connectTimeout: '2s' } });
  const machine = await site.reset();
  const { events } = await followStory(machine.start(['deploy', 'production', '--events']));

  return {
    events,
    async tryPause(nth, pause) {
      const beginning = await site.reset();
      const before = await survey(site);
      const running = beginning.start(['deploy', 'production', '--events', '--json']);
      let goOn = async () => {};
      const { last } = await followStory(running, nth, async () => {
        // Nothing more is sent until the server stands still.
        running.kill('SIGSTOP');
        goOn = await (pause === 'sessions' ? stopSessions(site) : pauseServer(site));
        const knock = once(doors, 'knock');
        running.kill('SIGCONT');
        if (pause === 'until missed') await Promise.race([knock, running]);
        if (pause === 'for a moment' || pause === 'until missed') await goOn();
      });
      if (pause === 'given up' || pause === 'sessions') await goOn();
      const { exitCode, stdout, stderr } = await running;
      const run = { exitCode: exitCode ?? null, stdout, stderr };
      return judge(site, before, run, `paused at event ${nth} (${last}), ${pause}`, await site.elsewhere());
    },
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

async function pauseServer({ server }: Site): Promise<() => Promise<void>> {
  const id = server.container.getId();
  await execa('docker', ['pause', id]);
  return async () => {
    await execa('docker', ['unpause', id]);
  };
}

/** What users' commands started apart from their session goes on. */
async function stopSessions({ server }: Site): Promise<() => Promise<void>> {
  const pids = (await inContainer(server, ['sh', '-c', STOP])).trim();
  return async () => {
    await inContainer(server, ['sh', '-c', GO_ON, 'sh', ...pids.split(/\s+/)]);
  };
}

/** sshd of each session first, so that it starts nothing more; then what it has started, by its session. */
const STOP = `stopped=
for sshd in $(pgrep -u deploy -x sshd); do
  kill -STOP "$sshd"
  stopped="$stopped $sshd"
  for child in $(pgrep -P "$sshd"); do
    for each in $(pgrep -s "$child"); do kill -STOP "$each" && stopped="$stopped $each"; done
  done
done
echo $stopped`;

/** Until all of it has ended. */
const GO_ON = `for each in "$@"; do kill -CONT "$each" 2>/dev/null || :; done
round=0
for each in "$@"; do
  while kill -0 "$each" 2>/dev/null; do
    round=$((round + 1))
    [ "$round" -lt 600 ] || { echo "still there: $(ps -o pid,stat,args -p "$each")" >&2; exit 1; }
    sleep 0.05
  done
done`;
