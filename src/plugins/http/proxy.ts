import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { namesThisMachine } from './address.ts';

/**
 * The variable of the environment that names a proxy for this URL, as curl(1) has them; null: none does, or nothing leaves
 * this machine.
 */
export function proxyVariable(url: URL, env: NodeJS.ProcessEnv): string | null {
  if (namesThisMachine(url.hostname)) return null;
  const name = `${url.protocol.slice(0, -1)}_proxy`;
  return [name, name.toUpperCase()].find((each) => (env[each] ?? '') !== '') ?? null;
}

/**
 * Goes through that proxy, but for the hosts of `NO_PROXY`. Node has this from 22.21 and 24.5 on, and goes directly before:
 * https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function proxyAgent({ protocol }: URL, env: NodeJS.ProcessEnv): Agent {
  // A connection that is kept would hold the program.
  const options = { keepAlive: false, proxyEnv: env };
  return protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
}
