import * as z from 'zod';
import { namesIn } from './besideKeys.ts';
import { isObject } from './document.ts';
import * as pattern from './patterns.ts';
import { duration, listOf, relativePath, text } from './schemaParts.ts';

const exclude = listOf(text('a pattern in one line', pattern.LINE), 'a list of patterns')
  .optional()
  .describe('Patterns with .gitignore semantics: what they match is not deployed. Added to `.deployignore`.');

const gitSource = z.strictObject({
  git: text('the path of a local git repository', pattern.LOCAL_PATH).describe(
    'A git repository on this machine. The content of a commit is deployed, never the work tree.',
  ),
  subdirectory: relativePath
    .optional()
    .describe('Deploy this directory of the repository instead of the whole.'),
  exclude,
});

const directorySource = z.strictObject({
  directory: text('the path of a local directory', pattern.LOCAL_PATH).describe(
    'A directory on this machine, deployed as it is, for example the result of a build.',
  ),
  exclude,
});

/** To the compiler lists are objects as well: `exclude` stands beside the options, as the text of a deadline does. */
type Beside = object | null | `${number}${'ms' | 's' | 'm' | 'h'}`;

const options: z.ZodType<Beside, Beside> = z.record(z.string(), z.unknown()).nullable();

const deadline = duration.describe(
  'How long it may take to bring the files: `90s`, `30m`. Default: half an hour.',
);

const pluginSource = z
  .object({ exclude, deadline })
  .catchall(options)
  // Also where the rest is wrong: what was meant for another form is not told in the words of this one.
  .refine((value) => pluginSourceName(value) !== null, { abort: true, when: () => true })
  .describe('A source that a plugin brings, by its name, with its options.');

export const source = z
  .union([gitSource, directorySource, pluginSource], {
    error: 'either { git: PATH } or { directory: PATH }, or a source of a plugin: { NAME: { … } }',
  })
  .describe('Where the files come from.');

/** What stands under `source`, in a file or checked, by a name that is none of ours; else null. */
export function pluginSourceName(value: unknown): string | null {
  if (!isObject(value)) return null;
  const names = namesIn('source', value);
  const [name] = names;
  return name !== undefined && names.length === 1 && !OURS.has(name) && isOptions(value[name]) ? name : null;
}

const OURS: ReadonlySet<string> = new Set(['git', 'subdirectory', 'directory']);

/** One without any is an empty value in YAML. */
function isOptions(value: unknown): boolean {
  return value === null || isObject(value);
}
