import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import type { Transport } from '../../../contract/index.ts';
import { engineHere, type Here, never } from '../../../testing/engineHere.ts';
import { localTransport } from '../../../testing/localConnection.ts';
import { tidied } from '../../../testing/tidied.ts';

export const A = '20260101000001';
export const B = '20260101000002';
export const ONE = { 'index.html': 'one', 'a/b': 'x', 'a/c': 'y', to: { to: 'a/b' } };
export const TWO = { 'index.html': 'two', 'a/b': 'x', 'd/e': 'new', to: { to: 'a/b' } };

/** Gives the lock back, which starts the worker, and waits for its end. */
export async function ended(here: Here): Promise<void> {
  expect(await here.engine.releaseLock(here.fence.generation, never)).toMatchObject({ released: true });
  await tidied(here.path);
}

export const again = (here: Here, transport?: Transport) =>
  engineHere(transport ?? localTransport(), here.path);
export const standbys = (here: Here) => readdir(here.at('.cutover/standby'));

export async function deployed(): Promise<Here> {
  const here = await engineHere();
  await here.build(A, ONE);
  await ended(here);
  return here;
}
