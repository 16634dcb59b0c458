import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CutoverOptions, type CutoverResult, cutover, homeOf } from './cutover.ts';
import { createGitRepository, type GitRepository } from './gitRepository.ts';
import { scratch } from './scratch.ts';
import type { SshServer } from './sshServer.ts';

/** A repository with a configuration beside its work tree, and the command line in it. */
export interface Project extends AsyncDisposable {
  /** Where the configuration is, and where commands run. */
  readonly path: string;
  readonly repository: GitRepository;
  /** Of the user who runs the commands here. */
  readonly home: string;
  /** Replaces `cutover.yaml`; JSON is YAML. */
  configure(environment: EnvironmentOptions): Promise<void>;
  run(args: readonly string[], options?: Partial<CutoverOptions>): Promise<CutoverResult>;
  /** Runs with `--json` and gives the parsed answer beside the exit code. */
  json<T>(
    args: readonly string[],
    options?: Partial<CutoverOptions>,
  ): Promise<{ exitCode: number | null; answer: T; stderr: string }>;
}

/** Keys of an environment, `production` unless `name` says otherwise. */
export interface EnvironmentOptions {
  readonly servers: Readonly<Record<string, object>>;
  readonly [key: string]: unknown;
}

export async function createProject(environment: EnvironmentOptions, source?: object): Promise<Project> {
  const directory = await scratch();
  const repository = await createGitRepository(join(directory.path, 'repository'));
  await mkdir(join(homeOf(directory.path), '.ssh'), { recursive: true, mode: 0o700 });
  const run = (args: readonly string[], options: Partial<CutoverOptions> = {}) =>
    cutover(args, { cwd: directory.path, ...options });
  const project: Project = {
    path: directory.path,
    repository,
    home: homeOf(directory.path),
    async configure(options) {
      const config = {
        application: 'shop',
        source: source ?? { git: 'repository' },
        environments: { production: options },
      };
      await writeFile(join(directory.path, 'cutover.yaml'), JSON.stringify(config, null, 2));
    },
    run,
    async json<T>(args: readonly string[], options: Partial<CutoverOptions> = {}) {
      const { exitCode, stdout, stderr } = await run([...args, '--json'], options);
      try {
        return { exitCode, answer: JSON.parse(stdout) as T, stderr };
      } catch {
        throw new Error(`No JSON came (exit status ${exitCode}): ${stdout}\n${stderr}`);
      }
    },
    [Symbol.asyncDispose]: () => directory.remove(),
  };
  await project.configure(environment);
  return project;
}

/** How a configuration names a server of the tests. */
export function serverEntry(server: SshServer, more: object = {}): object {
  return {
    transport: 'ssh2',
    host: server.host,
    port: server.port,
    user: server.user,
    identityFile: server.privateKeyPath,
    knownHostsFile: server.knownHostsPath,
    agent: false,
    path: server.path,
    ...more,
  };
}
