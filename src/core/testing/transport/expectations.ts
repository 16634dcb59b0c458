import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type ErrorCode, type ExecResult, errorCode, messageOf } from '../../contract/index.ts';

/** A program for `sh`, on one line and without `!`, which some login shells do not pass on, with its own arguments. */
export function sh(program: string, ...words: readonly string[]): readonly string[] {
  return ['sh', '-c', program, 'sh', ...words];
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

export function sha256(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

/** That the command ended with 0; gives what it printed. */
export function printed({ exit, stdout, stderr }: ExecResult): string {
  assert.deepEqual(exit, { type: 'code', code: 0 }, `It said: ${text(stderr)}`);
  return text(stdout);
}

/** That it rejects with one of these codes. */
export async function rejectsWith(work: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<void> {
  const error = await soon(failureOf(work), 'It');
  const code = errorCode(error);
  assert.ok(
    code !== null && codes.includes(code),
    `It has to reject with ${codes.join(' or ')}; it did with ${code ?? 'no code'}: ${messageOf(error)}`,
  );
}

/** What it rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'It has to reject, and did not.' });
}

const PATIENCE_MS = 30_000;

/** What must not hang. */
export async function soon<T>(work: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new assert.AssertionError({ message: `${what} did not end within ${PATIENCE_MS / 1000} s.` }),
    );
  }, PATIENCE_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries until it holds. Rejects with the last failure after half a minute. */
export async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const over = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > over) assert.fail(`${what}, after ${PATIENCE_MS / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
