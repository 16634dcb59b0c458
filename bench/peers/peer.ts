import type { Lap } from '../contest/interleave.ts';
import type { History } from '../histories/history.ts';
import type { Link } from '../links.ts';
import type { BenchServer } from '../server.ts';

/** A way to deploy that takes part in the benchmarks. */
export interface Peer {
  readonly name: string;
  /** What this machine lacks for it, and how to install it; null when all is there. */
  missing(): Promise<string | null>;
  /** Makes what it needs on both sides. Nothing is deployed yet. */
  open(place: Place): Promise<Deployer>;
}

export interface Place {
  /** On this machine, for this deployer alone. */
  readonly directory: string;
  /** On the server, for this deployer alone; it exists. */
  readonly deployPath: string;
  readonly server: BenchServer;
  readonly history: History;
}

/** One peer that deploys one history. */
export interface Deployer {
  /** What precedes a deployment and is not the tool's work, such as a push. Not timed. */
  announce(commit: string, link: Link): Promise<void>;
  deploy(commit: string, link: Link): Promise<Lap>;
  /** Forgets on this machine that it ever deployed; the deploy path is empty by then. */
  forget(): Promise<void>;
  /** The link of the live release, below the deploy path. Null: it makes none. */
  readonly current: string | null;
}

/** A peer that stands in the table without a figure. */
export function leftOut(peer: Peer): Peer {
  return { ...peer, missing: async () => 'not with --quick' };
}

/** All that programs here get of the environment. */
export function environment(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
