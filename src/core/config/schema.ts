import * as z from 'zod';
import { type HookPoint, STEPS } from '../contract/index.ts';
import { commands } from './commandSchema.ts';
import { group } from './groupSchema.ts';
import * as pattern from './patterns.ts';
import { listOf, text } from './schemaParts.ts';

/**
 * The shape of a configuration. The text of every `error` is what was expected: it stands behind the word "expected"
 * in messages. Descriptions are the documentation of the keys. What a plugin reads is left open here.
 */

const relativePath = text(pattern.RELATIVE_PATH_EXPECTED, pattern.RELATIVE_PATH);

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

const source = z
  .union([gitSource, directorySource], { error: 'either { git: PATH } or { directory: PATH }' })
  .describe('Where the files come from.');

const KEEP_EXPECTED = { error: 'an integer of 1 or more, or "all"' };
const keep = z
  .union([z.int(KEEP_EXPECTED).min(1, KEEP_EXPECTED), z.literal('all', KEEP_EXPECTED)], KEEP_EXPECTED)
  .default(3)
  .describe('How many succeeded releases stay on a server, the current one included; or `all`.');

const shared = z
  .strictObject(
    {
      directories: listOf(relativePath, 'a list of directories')
        .optional()
        .describe(
          'Directories that every release finds linked to `shared/`. A missing one begins with what the release brings.',
        ),
      files: listOf(relativePath, 'a list of files')
        .optional()
        .describe(
          'Files that every release finds linked to `shared/`. They are put there by you, or first by the release.',
        ),
    },
    { error: 'an object with directories, files' },
  )
  .optional()
  .describe('What outlives releases, relative to the release.');

const extending = {
  extends: text('the name of a template or of a server', pattern.NAME)
    .optional()
    .describe(
      'A template, or another server of the environment, whose keys this one has too. Own keys win; lists are replaced.',
    ),
};

const server = z
  .looseObject(
    {
      ...extending,
      transport: text('the name of a transport', pattern.NAME).describe(
        'How the server is reached: the name of a transport. It defines the other keys of the server.',
      ),
      path: text(pattern.DEPLOY_PATH_EXPECTED, pattern.DEPLOY_PATH).describe(
        'The deploy path on the server: absolute, or `~/…` in the home of the user.',
      ),
      roles: listOf(text(pattern.NAME_EXPECTED, pattern.NAME), 'a list of names')
        .optional()
        .describe('What the server is, for commands with `on: role:NAME`.'),
    },
    { error: 'an object with transport, path and the options of the transport' },
  )
  .meta({
    description: 'One server: its transport, its deploy path, and the options of the transport.',
    // What it lacks may come from what it extends. An editor does not follow that.
    anyOf: [{ required: ['extends'] }, { required: ['transport', 'path'] }],
  });

/** What servers have in common. */
const template = z
  .looseObject(
    {
      extends: extending.extends.describe('Another template, whose keys this one has too.'),
      transport: server.shape.transport.optional(),
      path: server.shape.path.optional(),
      roles: server.shape.roles,
    },
    { error: 'an object with keys of a server' },
  )
  .describe('Any keys of a server.');

const atLeastOne = (value: object) => Object.keys(value).length > 0;
const exactlyOne = (value: object) => Object.keys(value).length === 1;

const servers = z
  .record(text(pattern.SERVER_NAME_EXPECTED, pattern.SERVER_NAME), server, {
    error: 'servers by name, at least one',
  })
  .refine(atLeastOne, { error: 'at least one server' })
  .meta({ description: 'The servers of the environment by name, in order.', minProperties: 1 });

const extension = (kind: string) =>
  z
    .record(z.string(), z.unknown(), { error: `a ${kind} and its options: { NAME: { … } }` })
    .refine(exactlyOne, { error: `exactly one ${kind}: { NAME: { … } }` })
    .meta({ description: `One ${kind} by name, with its options.`, minProperties: 1, maxProperties: 1 });

const hookPoints = STEPS.flatMap((step): HookPoint[] => [`before:${step}`, `after:${step}`]);
const hookList = (point: HookPoint) =>
  listOf(extension('hook'), 'a list of hooks')
    .optional()
    .describe(
      `Run on every server ${point.replace(':', ' the step ')}; when one fails, the step has failed.`,
    );

const hooks = z
  .strictObject(
    Object.fromEntries(hookPoints.map((point) => [point, hookList(point)])) as Record<
      HookPoint,
      ReturnType<typeof hookList>
    >,
    { error: 'hooks by point, such as "after:activate"' },
  )
  .optional()
  .describe('Checks and actions before or after a step, by `before:STEP` or `after:STEP`.');

const LINK_MODES = ['auto', 'hardlink', 'reflink', 'copy'] as const;

const environment = z
  .strictObject(
    {
      branch: text('the name of a branch or tag', pattern.REF)
        .optional()
        .describe('What a git source deploys unless `--ref` says otherwise. Without it, HEAD.'),
      ...group,
      keep,
      shared,
      link: z
        .enum(LINK_MODES, { error: LINK_MODES.map((mode) => `"${mode}"`).join(' or ') })
        .default('auto')
        .describe(
          'How a release gets the files of the deploy-cache: as hard links, as reflinks (copies that share their blocks until they are written to), or as copies. `auto`: reflinks where the file system has them, else hard links.',
        ),
      unshare: listOf(text('a pattern in one line', pattern.LINE), 'a list of patterns')
        .optional()
        .describe(
          'Patterns with .gitignore semantics: files that a release has as copies of its own whatever `link` says, because something writes to them in place.',
        ),
      commands,
      servers,
      hooks,
      notify: listOf(extension('notifier'), 'a list of notifiers')
        .optional()
        .describe('Who is told how the deployment went. A failing notifier is listed, and changes nothing.'),
    },
    { error: 'an object with servers, …' },
  )
  .describe('One place to deploy to.');

export const configSchema = z
  .strictObject(
    {
      application: text(pattern.NAME_EXPECTED, pattern.NAME).describe(
        'The name of what is deployed: letters, digits, dot, underscore, hyphen.',
      ),
      source,
      templates: z
        .record(text(pattern.NAME_EXPECTED, pattern.NAME), template, { error: 'templates by name' })
        .optional()
        .describe('What servers have in common, by name: a server that `extends` one has its keys.'),
      environments: z
        .record(text(pattern.NAME_EXPECTED, pattern.NAME), environment, {
          error: 'environments by name, at least one',
        })
        .refine(atLeastOne, { error: 'at least one environment' })
        .meta({ description: 'The places to deploy to, by name.', minProperties: 1 }),
    },
    { error: 'an object with application, source and environments' },
  )
  .describe('What cutover deploys, and where to.');

/** What is written in a file. */
export type ConfigInput = Omit<Written, 'environments'> & {
  environments: Record<
    string,
    Omit<Written['environments'][string], 'servers'> & { servers: Record<string, ServerInput> }
  >;
};
type Written = z.input<typeof configSchema>;
/** What it extends may have what it lacks. */
type ServerInput = z.input<typeof server> | (z.input<typeof template> & { extends: string });
/** What is written, checked, with the defaults of scalars filled in. */
export type CheckedConfig = z.output<typeof configSchema>;
