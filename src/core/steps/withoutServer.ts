import { messageOf } from '../contract/index.ts';

/** Why something failed, for a sentence that names the server already. */
export function withoutServer(server: string, error: unknown): string {
  const message = messageOf(error);
  const prefix = `${server}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
