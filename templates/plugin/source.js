// @ts-check
/** @import { Source } from 'cutover/plugin' */
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CutoverError, defineExtension } from 'cutover/plugin';
import { readOptions, text } from './options.js';

/** Versions of what is deployed, as directories beside each other: `--ref` names one, and the highest is the newest. */
export const source = defineExtension({
  parse: (raw) => readOptions(raw, { from: text() }),
  /** @returns {Source} */
  create: ({ from }, { resolvePath }) => ({
    async fetch({ ref, directory }, { log }) {
      const folder = resolvePath(from);
      const versions = (await readdir(folder)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
      const revision = ref ?? versions.at(-1);
      if (revision === undefined || !versions.includes(revision)) {
        throw new CutoverError('E_SOURCE', `${folder} has no version ${revision ?? 'at all'}.`, {
          hint: `There are: ${versions.join(', ') || 'none'}.`,
        });
      }
      // It may hold what the last call left, which is none of this version.
      for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true });
      await cp(join(folder, revision), directory, { recursive: true, preserveTimestamps: true });
      log(`Brought ${revision} from ${folder}.`);
      return { revision };
    },
  }),
});
