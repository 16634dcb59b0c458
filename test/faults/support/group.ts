import { EventEmitter, once } from 'node:events';
import { execa } from 'execa';
import { untilSo } from '../../../src/core/testing/untilSo.ts';
import { putInFront } from '../../integration/support/frontOfTool.ts';
import { startProxy } from '../../integration/support/proxy.ts';
import { inContainer } from '../../integration/support/remoteTree.ts';
import { startServer } from '../../integration/support/sshServer.ts';
import { containerLabel, currentTestRun } from '../../integration/support/testRun.ts';
import { startAgain } from './containers.ts';
import { type Apart, count, openSite, type Site } from './site.ts';

/** A group whose second server can be broken while the others, who share a container, go on. */
export interface Group extends AsyncDisposable {
  readonly site: Site;
  readonly faulty: Faulty;
  /** From now on none of the others is armed, until they are let go. */
  hold(): Promise<void>;
  letGo(): Promise<void>;
  /** Writes the configuration with other keys of the environment than by default. */
  configure(environment?: object): Promise<void>;
}

/** Its deploy path is a small disk that the container of the others has too: there one reads it whatever it does. */
export interface Faulty extends Apart {
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  goOn(): Promise<void>;
  /** Takes all room that is left in the deploy path. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** Resolves when somebody tries to connect. */
  knock(): Promise<unknown>;
}

export const FAULTY = 'web2';

export async function openGroup(size: number): Promise<Group> {
  await using opened = new AsyncDisposableStack();
  const path = `/srv/app/${FAULTY}`;
  const disk = await createVolume(['type=tmpfs', 'device=tmpfs', 'o=size=16m,uid=1000,gid=1000,mode=755']);
  opened.defer(() => removeVolume(disk));
  const log = await createVolume([]);
  opened.defer(() => removeVolume(log));
  const volumes = { [disk]: path, [log]: '/srv/log' };
  const server = opened.use(await startServer({ image: 'openssh', volumes }));
  const doors = new EventEmitter();
  let port = server.port;
  // A published port is another one after a restart.
  const proxy = opened.use(
    await startProxy({
      host: server.host,
      port: () => {
        doors.emit('knock');
        return port;
      },
    }),
  );
  const id = server.container.getId();
  let isUp = true;
  const apart: Apart = {
    server,
    entry: {
      host: proxy.host,
      port: proxy.port,
      hostKey: server.hostKeys.map(({ fingerprint }) => fingerprint),
      connectTimeout: '2s',
    },
    isUp: () => isUp,
  };
  const names = Array.from({ length: size }, (_, index) => `web${index + 1}`);
  const site = opened.use(await openSite({ names, server: { volumes }, apart: new Map([[FAULTY, apart]]) }));
  await putInFront(site.server, 'ln', ARMING, untilSo('! [ -e /srv/log/hold ]'));
  const configure = (environment: object = {}) =>
    site.configure({ environment, postUpload: failing('postUpload'), postLaunch: failing('postLaunch') });
  await configure();
  const here = (script: string) => inContainer(site.server, ['sh', '-c', script, 'sh', path]);
  const faulty: Faulty = {
    ...apart,
    async kill() {
      isUp = false;
      await execa('docker', ['kill', '--signal', 'KILL', id]);
    },
    async start() {
      port = await startAgain(server);
      isUp = true;
    },
    pause: async () => void (await execa('docker', ['pause', id])),
    goOn: async () => void (await execa('docker', ['unpause', id])),
    fill: async () => void (await here(`cat /dev/zero >"$1/filler" 2>/dev/null || :`)),
    free: async () => void (await here(`rm -f "$1/filler"`)),
    knock: () => once(doors, 'knock'),
  };
  const open = opened.move();
  const hold = async () => void (await here('touch /srv/log/hold'));
  const letGo = async () => void (await here('rm -f /srv/log/hold'));
  return { site, faulty, hold, letGo, configure, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** The link that waits to be renamed; a switch that was not prepared makes another one. */
const ARMING = '*.cutover/tmp/armed-*';

/** Commands that fail on a server while `/srv/log/failing` says so; an old release is launched well again. */
const failing = (step: string): readonly string[] => [
  count(step),
  `[ "$CUTOVER_ROLLBACK" = 1 ] || ! grep -sqx "${step} $CUTOVER_SERVER" /srv/log/failing`,
];

async function createVolume(options: readonly string[]): Promise<string> {
  const label = `${containerLabel}=${currentTestRun()!.owner}`;
  const all = ['volume', 'create', '--label', label, ...options.flatMap((each) => ['--opt', each])];
  return (await execa('docker', all)).stdout.trim();
}

async function removeVolume(name: string): Promise<void> {
  await execa('docker', ['volume', 'rm', '--force', name]);
}
