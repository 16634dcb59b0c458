/** A command as people type it: oclif puts colons between its words. */
export function asTyped(id: string): string {
  return id.replaceAll(':', ' ');
}
