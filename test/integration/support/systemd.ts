import { execa } from 'execa';

/** What a container has to be given so that systemd runs in it. */
export interface AroundSystemd {
  readonly capabilities: readonly string[];
  readonly securityOptions: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly mode: 'ro' }[];
  /** Succeeds when everything that is begun at boot runs, for the system and for deploy. */
  readonly readyCommand: string;
}

/**
 * It mounts file systems, and makes control groups below its own. Less than `--privileged`, with which it would change the machine.
 * https://systemd.io/CONTAINER_INTERFACE
 */
export async function aroundSystemd(): Promise<AroundSystemd> {
  const { stdout: version } = await execa('docker', ['info', '--format', '{{.CgroupVersion}}']);
  return {
    capabilities: ['SYS_ADMIN'],
    securityOptions: ['seccomp=unconfined', 'apparmor=unconfined'],
    tmpfs: { '/run': '', '/run/lock': '', '/tmp': '' },
    // With version 2 the container has a tree of its own, which docker/systemd/entrypoint.sh makes writable.
    mounts: version === '1' ? [{ source: '/sys/fs/cgroup', target: '/sys/fs/cgroup', mode: 'ro' }] : [],
    readyCommand: `systemctl is-system-running && systemctl is-active ssh && ${OF_DEPLOY} systemctl --user is-system-running`,
  };
}

const OF_DEPLOY = 'runuser -u deploy -- env XDG_RUNTIME_DIR=/run/user/1000';
