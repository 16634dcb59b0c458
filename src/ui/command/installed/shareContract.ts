import { registerHooks } from 'node:module';

/** What a plugin may import of us, and the file of this program that it gets. */
const SHARED: ReadonlyMap<string, string> = new Map([
  ['cutover/plugin', 'plugin.js'],
  ['cutover/testing', 'testing.js'],
]);

let isShared = false;

/**
 * From now on `import … from 'cutover/plugin'` means this program wherever it stands: an installed plugin needs no copy of
 * cutover, and gets no other one than this.
 */
export function shareContract(): void {
  if (isShared) return;
  isShared = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const file = SHARED.get(specifier);
      if (file === undefined) return nextResolve(specifier, context);
      return { url: new URL(file, distribution()).href, format: 'module', shortCircuit: true };
    },
  });
}

/** The folder of the built program, from wherever in it this stands. */
function distribution(): URL {
  const { href } = new URL('.', import.meta.url);
  return new URL(href.replace(/\/dist\/.*$/, '/dist/'));
}
