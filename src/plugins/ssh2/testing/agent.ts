import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MadeKey } from './server.ts';

export interface TestAgent extends AsyncDisposable {
  readonly socket: string;
}

/** An ssh-agent that holds these keys, in this order. */
export async function startAgent(keys: readonly MadeKey[]): Promise<TestAgent> {
  const directory = await mkdtemp(join(tmpdir(), 'cutover-agent-'));
  const socket = join(directory, 'socket');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  // It prints its variables once it listens.
  await once(agent.stdout, 'data');
  for (const [index, key] of keys.entries()) {
    const file = join(directory, `key${index}`);
    await writeFile(file, key.private, { mode: 0o600 });
    execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  }
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      agent.kill();
      await once(agent, 'exit');
      await rm(directory, { recursive: true });
    },
  };
}
