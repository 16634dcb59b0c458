import { constants } from 'node:os';
import { inContainer, tidiedIn } from '../../integration/support/remoteTree.ts';
import type { Site } from './site.ts';
import { survey } from './survey.ts';
import { judge, type Trial } from './trial.ts';

/** A system call that fails on the server, whoever makes it there. The server is of the image `faulty`. */
export interface ServerFault {
  readonly kind: Kind;
  /** The how many-th of its kind in a deployment, from 1. */
  readonly nth: number;
  /** Fails once, or from then on; or all that the session runs is killed before the call, or after it. */
  readonly mode: (typeof FAULT_MODES)[number];
}

type Kind = keyof typeof ERRORS;

/** Every kind of call that changes something, with an error that the kernel gives for it. */
const ERRORS = {
  mkdir: 'ENOSPC',
  create: 'EDQUOT',
  write: 'ENOSPC',
  rename: 'EIO',
  link: 'EMLINK',
  symlink: 'ENOSPC',
  unlink: 'EACCES',
  rmdir: 'EIO',
  chmod: 'EROFS',
} as const;

export const FAULT_KINDS = Object.keys(ERRORS) as readonly Kind[];
export const FAULT_MODES = ['once', 'ever', 'before', 'after'] as const;

/** All faults of a kind, one after the other until a whole deployment has no such call any more. */
export async function faultsOf(site: Site, kind: Kind): Promise<readonly ServerFault[]> {
  const machine = await site.reset();
  await plant(site, { kind, nth: 1_000_000, mode: 'once' });
  const { exitCode, stderr } = await machine.run(['deploy', 'production']);
  if (exitCode !== 0) throw new Error(`A deployment whose calls are counted fails: ${stderr}`);
  for (const path of site.paths.values()) await tidiedIn(site.server, path);
  const calls = Number(await inContainer(site.server, ['sh', '-c', 'wc -c </run/fault/count || echo 0']));
  return Array.from({ length: calls }, (_, index) => index + 1).flatMap((nth) =>
    FAULT_MODES.map((mode): ServerFault => ({ kind, nth, mode })),
  );
}

/** Deploys under the fault, then without it. */
export async function tryServerFault(site: Site, fault: ServerFault): Promise<Trial> {
  const machine = await site.reset();
  const before = await survey(site);
  await plant(site, fault);
  const run = await machine.run(['deploy', 'production', '--json']);
  // What tidies up makes such calls as well.
  for (const path of site.paths.values()) await tidiedIn(site.server, path);
  await inContainer(site.server, ['rm', '-rf', '/run/fault']);
  return judge(site, before, run, `${fault.kind} ${fault.nth} ${fault.mode}`, await site.elsewhere());
}

export async function plant(site: Site, { kind, nth, mode }: ServerFault): Promise<void> {
  const plan = `${kind} ${nth} ${mode} ${constants.errno[ERRORS[kind]]}`;
  const text = 'mkdir -p /run/fault && chmod 777 /run/fault && printf "%s\\n" "$1" >/run/fault/plan';
  await inContainer(site.server, ['sh', '-c', text, 'sh', plan]);
}
