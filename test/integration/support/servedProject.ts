import { createProject, type EnvironmentOptions, type Project, serverEntry } from './project.ts';
import { type ServerOptions, type SshServer, startServer } from './sshServer.ts';

/** A server, and a project that deploys to it. */
export interface ServedProject extends AsyncDisposable {
  readonly server: SshServer;
  readonly project: Project;
}

/** `more` are keys of the environment. */
export async function createServedProject(options: ServerOptions, more: object = {}): Promise<ServedProject> {
  const server = await startServer(options);
  const environment: EnvironmentOptions = { servers: { web1: serverEntry(server) }, ...more };
  const project = await createProject(environment);
  return {
    server,
    project,
    async [Symbol.asyncDispose]() {
      await project[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
