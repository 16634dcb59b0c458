import { showDuration } from '../duration.ts';
import { networkFailure } from '../network.ts';
import type { Answer } from './answer.ts';

/** One request. Redirects are answers. Rejects only when the signal fires. */
export async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
  try {
    const response = await fetch(url, {
      headers: { 'user-agent': 'cutover', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    const { status } = response;
    return { type: 'answer', status, headers: response.headers, body: await readSome(response) };
  } catch (error) {
    signal.throwIfAborted();
    const isLate = timeout.aborted;
    const slow = `none within ${showDuration(Math.ceil(timeoutMs))}`;
    return { type: 'none', why: isLate ? slow : networkFailure(error), isLate };
  }
}

const MOST_BYTES = 1024 * 1024;

/** A page that never ends is read up to a megabyte. */
async function readSome(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}
