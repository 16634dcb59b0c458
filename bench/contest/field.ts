import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { History } from '../histories/history.ts';
import type { Link } from '../links.ts';
import type { Deployer, Peer, Place } from '../peers/peer.ts';
import { messageOf } from '../program.ts';
import { asRoot, type BenchServer, settled } from '../server.ts';
import { type Contestant, interleave, type Outcome } from './interleave.ts';
import { assertDeployed } from './verify.ts';

export interface FieldOptions {
  /** Names directories on both sides. */
  readonly name: string;
  readonly directory: string;
  readonly history: History;
  readonly server: BenchServer;
  /** For what is not timed. */
  readonly link: Link;
}

/** Peers that deploy the same history to the same server, each to a path of its own. */
export interface Field {
  readonly history: History;
  /** One of them, for a contest between fields. */
  entrant(peer: Peer, link: Link): Promise<Contestant>;
  /** Each deploys what `change` has committed; without it, the same commit again and again. */
  redeploy(contest: Contest): Promise<readonly Outcome[]>;
  /** Each deploys to an empty path. */
  deployFirst(contest: Contest): Promise<readonly Outcome[]>;
}

export interface Contest {
  readonly peers: readonly Peer[];
  readonly link: Link;
  readonly rounds: number;
  readonly change?: () => Promise<unknown>;
}

export function openField(options: FieldOptions): Field {
  const { history, server } = options;
  const opened = new Map<string, Promise<{ place: Place; deployer: Deployer }>>();
  const open = (peer: Peer) => {
    const made = opened.get(peer.name) ?? openPeer(peer, opened.size, options);
    opened.set(peer.name, made);
    return made;
  };

  const contestant = async (peer: Peer, link: Link, isFirst: boolean): Promise<Contestant> => {
    const missing = await peer.missing();
    if (missing !== null) return { name: peer.name, missing, run: () => Promise.reject(new Error(missing)) };
    const opening = await open(peer).catch((error: unknown) => messageOf(error));
    if (typeof opening === 'string') {
      return {
        name: peer.name,
        missing: `failed: ${opening}`,
        run: () => Promise.reject(new Error(opening)),
      };
    }
    const { place, deployer } = opening;
    return {
      name: peer.name,
      missing: null,
      async before() {
        if (isFirst) await empty(place, deployer);
        await deployer.announce(history.head(), options.link);
        await settled(server);
      },
      run: () => deployer.deploy(history.head(), link),
    };
  };

  const contest = async ({ peers, link, rounds, change }: Contest, isFirst: boolean) => {
    const contestants: Contestant[] = [];
    for (const peer of peers) contestants.push(await contestant(peer, link, isFirst));
    const outcomes = await interleave(contestants, {
      count: rounds,
      settle: () => settled(server),
      ...(change === undefined ? {} : { each: async () => void (await change()) }),
    });
    return Promise.all(
      outcomes.map(async (outcome, index) => {
        if (outcome.trouble !== null) return outcome;
        const { place, deployer } = await open(peers[index]!);
        return verified(outcome, place, deployer);
      }),
    );
  };

  return {
    history,
    entrant: (peer, link) => contestant(peer, link, false),
    redeploy: (details) => contest(details, false),
    deployFirst: (details) => contest(details, true),
  };
}

async function openPeer(peer: Peer, number: number, options: FieldOptions) {
  const { name, server, history } = options;
  const place: Place = {
    directory: join(options.directory, `peer-${number}`),
    deployPath: `${server.path}/${name}-${number}`,
    server,
    history,
  };
  await mkdir(place.directory);
  await makeEmpty(place);
  return { place, deployer: await peer.open(place) };
}

async function empty(place: Place, deployer: Deployer): Promise<void> {
  await settled(place.server);
  await makeEmpty(place);
  await deployer.forget();
}

async function makeEmpty({ server, deployPath }: Place): Promise<void> {
  const script = 'rm -rf "$1" && mkdir "$1" && chown "$2" "$1"';
  await asRoot(server, ['sh', '-c', script, 'sh', deployPath, server.user]);
}

/** Who did not deploy what was asked for has won nothing. */
async function verified(outcome: Outcome, place: Place, deployer: Deployer): Promise<Outcome> {
  if (deployer.current === null) return outcome;
  try {
    await assertDeployed(place, deployer.current);
    return outcome;
  } catch (error) {
    return { ...outcome, laps: [], trouble: `failed: ${messageOf(error)}` };
  }
}
