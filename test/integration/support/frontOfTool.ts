import { inContainer } from './remoteTree.ts';
import type { SshServer } from './sshServer.ts';

/** Puts a program in front of a tool of the server, that does this first when the arguments match the shell pattern. */
export async function putInFront(
  server: SshServer,
  tool: string,
  pattern: string,
  first: string,
): Promise<void> {
  const text = `#!/bin/sh\ncase "$*" in ${pattern}) ${first} ;; esac\nexec /usr/bin/${tool} "$@"\n`;
  const write = 'printf %s "$1" >"/usr/local/bin/$2" && chmod 755 "/usr/local/bin/$2"';
  await inContainer(server, ['sh', '-c', write, 'sh', text, tool]);
}

/** From now on every tool is itself again. */
export async function removeFronts(server: SshServer): Promise<void> {
  await inContainer(server, ['sh', '-c', 'rm -f /usr/local/bin/*']);
}
