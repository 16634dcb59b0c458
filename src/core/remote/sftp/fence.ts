import { lostLock } from '../../lock/messages.ts';
import type { Fence } from '../engine.ts';
import { generationAfter } from './generations.ts';
import type { Place } from './place.ts';
import { journal } from './records.ts';

/**
 * What is about to be done is in the journal before it is, what was done behind it; both only as long as the lock is
 * ours. SFTP has no way to look and act in one step: between this look and what follows somebody else may take the lock
 * over, which they do only when we gave no sign of life for a minute. So it is looked at again right before whatever
 * others would see.
 */
export async function underFence<T>(place: Place, fence: Fence, work: () => Promise<T>): Promise<T> {
  await proveFence(place, fence);
  await tellBefore(place, fence);
  const result = await work();
  await tellAfter(place, fence);
  return result;
}

/** One round trip. Generations are never skipped, and old ones go before newer ones: ours is the highest while the next one is missing. */
export async function proveFence(
  { server, sftp, at }: Place,
  { generation, record }: Pick<Fence, 'generation' | 'record'>,
): Promise<void> {
  const locks = (name: string) => at('.cutover', 'locks', name);
  const next = generationAfter(generation);
  const [held, later] = await Promise.all([sftp.readlink(locks(generation)), sftp.readlink(locks(next))]);
  if (held === record && later === null) return;
  throw later === null ? lostLock(server, generation, held ?? '') : lostLock(server, next, later);
}

async function tellBefore(place: Place, { journal: told }: Fence): Promise<void> {
  const lines = told?.lines() ?? [];
  if (told === undefined || lines.length === 0) return;
  await journal(place, lines, told.required);
  told.delivered(lines);
}

export async function tellAfter(place: Place, { journal: told }: Fence): Promise<void> {
  if (told === undefined || told.after === null) return;
  await journal(place, [told.after], told.required);
}
