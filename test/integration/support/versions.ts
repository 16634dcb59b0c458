import { expect } from 'vitest';
import type { TransactionResult } from '../../../src/core/operations/results.ts';
import type { Tree } from './gitRepository.ts';
import { type EnvironmentOptions, type Project, serverEntry } from './project.ts';
import { contentOf, currentOf, namesIn } from './remoteTree.ts';
import { createServedProject } from './servedProject.ts';
import type { ServerOptions, SshServer } from './sshServer.ts';

/** A server with several deploy paths, each of which serves a version, and a project that makes ever newer ones. */
export interface Versions extends AsyncDisposable {
  readonly server: SshServer;
  readonly project: Project;
  /** Commits a new version; what is deployed next goes to this path. `more` are keys of the environment. */
  next(path: string, more?: object): Promise<void>;
  deploy(): Promise<Deployed>;
  /** What is served and kept in a path, to be compared: what a failed deployment must leave as it was. */
  stateOf(path: string): Promise<State>;
  /** The newest version can be deployed there. */
  expectWorking(path: string): Promise<void>;
}

export interface Deployed {
  readonly exitCode: number | null;
  readonly answer: TransactionResult;
  readonly outcome: TransactionResult['outcome'];
  /** Of the one server. */
  readonly failure: TransactionResult['servers'][number]['failure'] | undefined;
}

export interface State {
  readonly current: string;
  readonly page: string;
  readonly releases: readonly string[];
}

/** `filesOf` gives the files of a version beside its `index.html`. */
export async function openVersions(
  options: ServerOptions,
  paths: readonly string[],
  filesOf: (version: number) => Tree,
): Promise<Versions> {
  const { server, project, [Symbol.asyncDispose]: close } = await createServedProject(options);
  let version = 0;

  const deployTo = (path: string, more: object = {}): Promise<void> => {
    const environment: EnvironmentOptions = { servers: { web1: serverEntry(server, { path }) }, ...more };
    return project.configure(environment);
  };
  const page = (path: string) => contentOf(server, `${path}/current/index.html`);
  const versions: Versions = {
    server,
    project,
    async next(path, more) {
      version += 1;
      await deployTo(path, more);
      const text = `version ${version}`;
      await project.repository.commit({ 'index.html': text, ...filesOf(version) }, text);
    },
    async deploy() {
      const { exitCode, answer } = await project.json<TransactionResult>(['deploy', 'production']);
      return { exitCode, answer, outcome: answer.outcome, failure: answer.servers?.[0]?.failure };
    },
    stateOf: async (path) => ({
      current: await currentOf(server, path),
      page: await page(path),
      releases: await namesIn(server, `${path}/releases`),
    }),
    async expectWorking(path) {
      await deployTo(path);
      expect(await versions.deploy()).toMatchObject({ exitCode: 0 });
      expect(await page(path)).toBe(`version ${version}`);
    },
    [Symbol.asyncDispose]: close,
  };
  for (const path of paths) {
    await versions.next(path);
    await versions.expectWorking(path);
  }
  return versions;
}
