import type { SshServer } from './sshServer.ts';

const DEADLINE_MS = 30_000;

/** What sshd wrote, as soon as it has written something like this. Throws when it does not within half a minute. */
export async function logUntil(server: SshServer, pattern: RegExp): Promise<string> {
  const stream = await server.container.logs();
  let log = '';
  const late = () => stream.destroy(new Error(`sshd did not write ${pattern}: ${log.slice(-1000)}`));
  const timer = setTimeout(late, DEADLINE_MS);
  try {
    for await (const chunk of stream) {
      log += chunk;
      if (pattern.test(log)) return log;
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`sshd ended and did not write ${pattern}: ${log.slice(-1000)}`);
}
