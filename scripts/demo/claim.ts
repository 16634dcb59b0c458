/** Something that the demonstration tells and that is not so. */
export class NotAsTold extends Error {}

/** Every outcome that is told is looked at first. */
export function claim(what: string, isSo: boolean, found?: unknown): void {
  if (isSo) return;
  const instead = found === undefined ? '' : `\nFound instead: ${inspect(found)}`;
  throw new NotAsTold(`Not so: ${what}.${instead}`);
}

function inspect(found: unknown): string {
  return typeof found === 'string' ? found : JSON.stringify(found);
}
