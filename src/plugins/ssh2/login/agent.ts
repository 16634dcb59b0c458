import { connect } from 'node:net';
import { networkFailure } from '../../network.ts';
import { keyType } from '../hostKeys/fingerprint.ts';

/** What an agent holds, in its order: public keys as SSH writes them. */
export interface AgentKey {
  readonly key: Buffer;
  readonly type: string;
  readonly comment: string;
}

/**
 * Asks an ssh-agent for its keys (draft-miller-ssh-agent, 4.4). ssh2 would leave out, without a word, the ones it
 * cannot use; here they are told, so that a message can name them. Rejects when the agent does not answer.
 */
export function listAgentKeys(socketPath: string, timeoutMs = 5_000): Promise<readonly AgentKey[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const received: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), timeoutMs);
    socket.once('error', (error) => reject(new Error(networkFailure(error))));
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('it hung up'));
    });
    socket.on('data', (chunk) => {
      received.push(chunk);
      const message = Buffer.concat(received);
      if (message.length < 4 || message.length < 4 + message.readUInt32BE(0)) return;
      try {
        resolve(parseIdentities(message.subarray(4)));
      } catch {
        reject(new Error('it gave an answer that makes no sense'));
      }
      socket.destroy();
    });
    socket.write(Buffer.from([0, 0, 0, 1, REQUEST_IDENTITIES]));
  });
}

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;

function parseIdentities(message: Buffer): readonly AgentKey[] {
  if (message[0] !== IDENTITIES_ANSWER) throw new Error('not a list of keys');
  const count = message.readUInt32BE(1);
  const keys: AgentKey[] = [];
  let at = 5;
  const next = (): Buffer => {
    const end = at + 4 + message.readUInt32BE(at);
    if (end > message.length) throw new RangeError('a field is longer than the message');
    const field = message.subarray(at + 4, end);
    at = end;
    return field;
  };
  for (let index = 0; index < count; index++) {
    const key = next();
    keys.push({ key, type: keyType(key), comment: next().toString() });
  }
  return keys;
}
