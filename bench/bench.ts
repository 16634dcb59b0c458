import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openTestRun } from '../test/integration/support/testRun.ts';
import { type Field, openField } from './contest/field.ts';
import { type DependencyTree, dependencyTree } from './histories/dependencies.ts';
import { type Change, createHistory } from './histories/history.ts';
import { syntheticTree } from './histories/synthetic.ts';
import { type Links, openLinks } from './links.ts';
import type { Options } from './options.ts';
import { capistrano } from './peers/capistrano.ts';
import { leftOut, type Peer } from './peers/peer.ts';
import { sshDeployRelease } from './peers/sshDeployRelease.ts';
import { program } from './program.ts';
import { type BenchServer, startBenchServer } from './server.ts';

/** What all scenarios share. */
export interface Bench extends AsyncDisposable {
  readonly options: Options;
  readonly server: BenchServer;
  readonly links: Links;
  /** Capistrano and ssh-deploy-release, which is installed when it is first asked for; left out with --quick. */
  readonly slow: readonly Peer[];
  /** A new directory on this machine. */
  scratch(name: string): Promise<string>;
  /** Who deploys a tree of so many files; the same one for every scenario that asks. */
  field(files: number): Promise<Field>;
  /** The same with what this project depends on: 120 MB of it, 10 MB with --quick. */
  dependencies(): Promise<Dependencies>;
}

export interface Dependencies {
  readonly field: Field;
  readonly tree: DependencyTree;
}

/** Starts a server in a container. Throws when there is no Docker engine. */
export async function openBench(options: Options): Promise<Bench> {
  await using opening = new AsyncDisposableStack();
  const testRun = opening.use(await openTestRun());
  const server = await startBenchServer(testRun);
  // Some hundred thousand files on both sides, which node itself would remove one by one.
  const removeFiles = () => program(['find', testRun.directory, '-mindepth', '1', '-delete']);
  opening.defer(async () => void (await Promise.all([server.stop(), removeFiles()])));
  const links = opening.use(await openLinks(server, testRun.directory));
  const scratch = async (name: string): Promise<string> => {
    const path = join(testRun.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  };
  const fields = new Map<number, Promise<Field>>();
  const makeField = async (name: string, tree: Iterable<Change> | AsyncIterable<Change>): Promise<Field> => {
    const directory = await scratch(name);
    const history = await createHistory(directory, 1);
    await history.commit(tree);
    return openField({ name, directory, history, server, link: links.loopback });
  };
  const makeDependencies = async (): Promise<Dependencies> => {
    const tree = await dependencyTree(options.isQuick ? 10_000_000 : 120_000_000);
    return { tree, field: await makeField('dependencies', tree.contents()) };
  };
  let dependencies: Promise<Dependencies> | null = null;
  const slow = [capistrano, sshDeployRelease(join(testRun.directory, 'ssh-deploy-release'))];
  const stack = opening.move();
  return {
    options,
    server,
    links,
    slow: options.isQuick ? slow.map(leftOut) : slow,
    scratch,
    field(files) {
      const field = fields.get(files) ?? makeField(`site-${files}`, syntheticTree(files));
      fields.set(files, field);
      return field;
    },
    dependencies() {
      dependencies ??= makeDependencies();
      return dependencies;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
