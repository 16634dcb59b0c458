import { readFile } from 'node:fs/promises';
import { addServer, entryText, type NewServer } from '../config/addServer.ts';
import { loadConfig } from '../config/loadConfig.ts';
import { replaceFile } from '../config/replaceFile.ts';
import type { Config } from '../config/types.ts';
import { CutoverError, errorCode, type Json, messageOf } from '../contract/index.ts';
import { type GroupRelease, groupReleaseOf } from '../plan/groupRelease.ts';
import { liveRelease } from '../plan/planDeployment.ts';
import type { Observation } from '../remote/observation.ts';
import { catchUp } from './catchUp.ts';
import { copyShared } from './copyShared.ts';
import {
  allSeen,
  environmentNamed,
  type Group,
  openGroup,
  requireServers,
  seenOf,
  settleGroup,
} from './openGroup.ts';
import type { CloneResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { frozenIn, overrideOf, refuseFrozen } from './takePart.ts';

export interface CloneRequest {
  readonly environment: string;
  readonly from: string;
  readonly to: string;
  /** Keys of the new server that are not as on the other one. */
  readonly set: Readonly<Record<string, Json>>;
  /** The files in `shared/` go first. */
  readonly shared?: boolean;
  /** Only looks. */
  readonly dryRun: boolean;
  /** Why it goes on although the environment is frozen, or a hook refuses it. Default: it does not. */
  readonly override?: string | null;
  readonly lockWaitMs?: number;
}

/**
 * Writes a server into the configuration that extends another one, and brings it to what is live there. Run again it goes
 * on where it was. Throws `E_USAGE`, with the entry, where the configuration has to be written by hand, and with nothing written what
 * the look says; then what `catchUp` throws.
 */
export async function clone(runtime: Runtime, config: Config, request: CloneRequest): Promise<CloneResult> {
  const { from, to, dryRun } = request;
  const environment = environmentNamed(config, request.environment);
  requireServers(environment, [from]);
  const isThere = environment.servers.some(({ name }) => name === to);
  const written = isThere ? null : await writtenConfig(runtime, config, request);
  if (isThere) requireNothingSet(request);
  const extended = written?.config ?? config;
  const target = await lookAt(runtime, extended, request);
  const result = {
    environment: environment.name,
    from,
    to,
    release: target.release,
    revision: target.revision,
  };
  const entry = written && { file: config.file, text: written.entry, written: !dryRun };
  if (dryRun) return { ...result, entry, shared: null, transaction: null };
  if (written !== null) await replaceFile(config.file, written.text);
  const { environment: name, override = null, lockWaitMs = 0 } = request;
  const shared = request.shared ? await copyShared(runtime, extended, request) : null;
  const asked = { environment: name, servers: [to], unpin: false, override, lockWaitMs };
  return { ...result, entry, shared, transaction: await catchUp(runtime, extended, asked) };
}

interface Written {
  readonly config: Config;
  readonly text: string;
  readonly entry: string;
}

async function writtenConfig(
  runtime: Runtime,
  { file }: Config,
  { environment, from, to, set }: CloneRequest,
): Promise<Written> {
  const server: NewServer = { environment, name: to, entry: { extends: from, ...set } };
  const entry = await entryText(server);
  const text = await addServer(file, await readFile(file, 'utf8'), server);
  if (text === null)
    throw new CutoverError('E_USAGE', `${file} has to be written by hand. Nothing was touched.`, {
      hint: `Add ${entry}\nto the servers of ${environment}, then: cutover clone ${environment} ${from} ${to}`,
    });
  try {
    return { config: await loadConfig(file, { extensions: runtime.extensions, text }), text, entry };
  } catch (error) {
    if (errorCode(error) !== 'E_CONFIG') throw error;
    // The entry is not shown: it may hold a secret where only a reference belongs.
    throw new CutoverError('E_CONFIG', `${to} cannot be added like that. ${messageOf(error)}`, {
      hint: 'Say what is different with --set KEY=VALUE. Nothing was touched.',
      cause: error,
    });
  }
}

/** What has to be true before anything is written. Gives what is to be brought. */
async function lookAt(runtime: Runtime, config: Config, request: CloneRequest): Promise<GroupRelease> {
  const { from, to, environment } = request;
  await using group: Group = await openGroup(runtime, config, environmentNamed(config, environment), []);
  const looks = await settleGroup(group, runtime.cancel);
  allSeen(new Map([...looks].filter(([name]) => name === from || name === to)));
  const seen = seenOf(looks);
  const frozen = frozenIn(seen, runtime.now());
  refuseFrozen(frozen, environment, overrideOf(frozen, request.override ?? null, runtime.by));
  return targetOf(seen, request);
}

function targetOf(seen: ReadonlyMap<string, Observation>, { environment, from }: CloneRequest): GroupRelease {
  const target = groupReleaseOf(seen);
  const live = liveRelease(seen.get(from)!);
  if (target !== null && target.release === live) return target;
  const why =
    target === null || live === null
      ? `${from} serves no release that was deployed to the end`
      : `${from} serves ${live}, but the group serves ${target.release}`;
  throw new CutoverError('E_REFUSED', `${why}. Nothing was touched.`, {
    hint: target === null ? `cutover deploy ${environment}` : `cutover catch-up ${environment}`,
  });
}

function requireNothingSet({ environment, to, set }: CloneRequest): void {
  if (Object.keys(set).length === 0) return;
  throw new CutoverError('E_USAGE', `${to} is a server of ${environment} already: --set would change it.`, {
    hint: 'Edit the configuration, and leave --set out.',
  });
}
