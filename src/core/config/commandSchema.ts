import * as z from 'zod';
import * as pattern from './patterns.ts';
import { count, duration, listOf, text } from './schemaParts.ts';

const timeout = duration.describe(
  'After this time the command has failed: `500ms`, `30s`, `5m`, `1h`. Without it, no limit.',
);

const idleTimeout = duration.describe(
  'When the command has printed nothing for this time it has failed. Without it, it may be silent.',
);

const condition = z
  .union(
    [
      z.literal('first-deploy'),
      z.strictObject({
        changed: listOf(text('a pattern in one line', pattern.LINE), 'a list of patterns').describe(
          'Patterns with .gitignore semantics.',
        ),
      }),
    ],
    { error: '"first-deploy" or { changed: [PATTERN, …] }' },
  )
  .optional()
  .describe(
    'When it runs: only where nothing is live yet (`first-deploy`), or only when something changes there that .gitignore patterns match (`changed`). Without it, every time.',
  );

const run = text('a command', pattern.COMMAND);

const command = <const Folders extends readonly string[]>(folders: Folders, where: string) =>
  z.union(
    [
      run.describe('A command for the shell of the server.'),
      z.strictObject({
        run: run.describe('A command for the shell of the server.'),
        on: text(pattern.COMMAND_SERVERS_EXPECTED, pattern.COMMAND_SERVERS)
          .optional()
          .describe(
            'On which servers it runs: on `all` (the default), only on the `first` or the `last`, on the `rest` (all but the first), on those with a `role:NAME`, or on `server:NAME`. `once`: on the first, and not again when the same release is brought to more servers.',
          ),
        when: condition,
        retries: count(0)
          .optional()
          .describe('How often it is tried again when it fails. Default: not at all.'),
        cwd: z
          .enum(folders, { error: folders.map((folder) => `"${folder}"`).join(' or ') })
          .optional()
          .describe(where),
        timeout,
        idleTimeout,
      }),
    ],
    { error: 'a command, or an object with run, on, when, retries, cwd, timeout, idleTimeout' },
  );

export const commands = z
  .strictObject(
    {
      postUpload: listOf(
        command(
          ['release', 'root'],
          'Where it runs: in the new `release` (the default) or in the deploy path, `root`.',
        ),
        'a list of commands',
      )
        .optional()
        .describe(
          'Commands in the new release, before it becomes current. A failing one ends the deployment.',
        ),
      postLaunch: listOf(
        command(
          ['current', 'release', 'root'],
          'Where it runs: in `current` (the default; `release` is the same here) or in the deploy path, `root`.',
        ),
        'a list of commands',
      )
        .optional()
        .describe(
          'Commands in `current`, after the release became current. A failing one brings the old one back.',
        ),
    },
    { error: 'an object with postUpload, postLaunch' },
  )
  .optional()
  .describe('Your commands, run on the servers.');
