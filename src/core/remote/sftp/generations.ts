import type { SftpEntry } from '../../contract/index.ts';

const NAME = /^g-\d{6,}$/;

/** The generations of the lock, lowest first. */
export function generationsOf(entries: readonly SftpEntry[] | null): readonly string[] {
  return (entries ?? [])
    .filter(({ name, kind }) => kind === 'link' && NAME.test(name))
    .map(({ name }) => name)
    .sort((a, b) => numberOf(a) - numberOf(b));
}

export function numberOf(generation: string): number {
  return Number(generation.slice('g-'.length));
}

/** `g-000124` after `g-000123`; the first after null. */
export function generationAfter(generation: string | null): string {
  return `g-${String((generation === null ? 0 : numberOf(generation)) + 1).padStart(6, '0')}`;
}
