/** This is loaded at every start, before any plugin: it imports nothing. */
const write = process.stdout.write.bind(process.stdout);

/** Writes a result, also once what plugins write to stdout goes elsewhere. */
export function writeOut(text: string): void {
  write(text);
}

/** Resolves when all of it was taken, also when nobody reads any more: a stream that was closed calls back with an error. */
export function outFlushed(): Promise<void> {
  return new Promise((resolve) => void write('', () => resolve()));
}
