import * as z from 'zod';
import { type HookPoint, NOTICE_EVENTS, STEPS } from '../contract/index.ts';
import { misspeltIn, namesIn } from './besideKeys.ts';
import { commands } from './commandSchema.ts';
import { group } from './groupSchema.ts';
import * as pattern from './patterns.ts';
import { duration, listOf, relativePath, text } from './schemaParts.ts';
import { source } from './sourceSchema.ts';

/**
 * The shape of a configuration. The text of every `error` is what was expected: it stands behind the word "expected"
 * in messages. Descriptions are the documentation of the keys. What a plugin reads is left open here.
 */

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

const servers = z
  .record(text(pattern.SERVER_NAME_EXPECTED, pattern.SERVER_NAME), server, {
    error: 'servers by name, at least one',
  })
  .refine(atLeastOne, { error: 'at least one server' })
  .meta({ description: 'The servers of the environment by name, in order.', minProperties: 1 });

/** One by name, and the keys that core reads beside it. */
const extension = <Beside extends z.ZodRawShape>(kind: 'hook' | 'notifier', beside: Beside) => {
  const keys = Object.keys(beside);
  const allowed = keys.length === 0 ? '' : ` beside ${keys.join(', ')}`;
  return z
    .looseObject(beside, { error: `a ${kind} and its options: { NAME: { … } }` })
    .superRefine((entry, context) => {
      const misspelt = misspeltIn(kind, entry);
      if (misspelt.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: [...misspelt] });
      if (namesIn(kind, entry).length === misspelt.length + 1) return;
      context.addIssue({ code: 'custom', message: `exactly one ${kind}${allowed}: { NAME: { … } }` });
    })
    .meta({
      description: `One ${kind} by name, with its options.`,
      minProperties: 1,
      maxProperties: 1 + keys.length,
    });
};

const hook = extension('hook', {
  on: text(pattern.COMMAND_SERVERS_EXPECTED, pattern.COMMAND_SERVERS)
    .optional()
    .describe('For which servers it runs, as for commands. Default: `all`.'),
  deadline: duration.describe(
    'How long one run may take: `30s`, `5m`. Default: what the hook says, else five minutes.',
  ),
});

const EVENTS_EXPECTED = NOTICE_EVENTS.map((event) => `"${event}"`)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' or ');
const TEXT_EXPECTED = 'a text with {placeholders}';

const stepPoints = STEPS.flatMap((step) => [`before:${step}`, `after:${step}`] as const);
const hookList = (when: string) => listOf(hook, 'a list of hooks').optional().describe(when);
const besideStep = (point: (typeof stepPoints)[number]) =>
  hookList(`Run for every server ${point.replace(':', ' the step ')}; when one fails, the step has failed.`);

const hooks = z
  .strictObject(
    {
      ...Object.fromEntries(stepPoints.map((point) => [point, besideStep(point)])),
      onRollback: hookList(
        'Run for every server that a rollback has brought back, behind `after:postLaunch`; when one fails, that step has failed.',
      ),
      onFailure: hookList('Run for every server that was taken back, or could not be. Stops nothing.'),
      always: hookList('Run for every server at the very end, however it ended. Stops nothing.'),
    } as Record<HookPoint, ReturnType<typeof hookList>>,
    { error: 'hooks by point, such as "after:activate"' },
  )
  .optional()
  .describe(
    'Checks and actions, by point: `before:STEP`, `after:STEP`, `onRollback`, `onFailure`, `always`.',
  );

const notifier = extension('notifier', {
  events: listOf(z.enum(NOTICE_EVENTS, { error: EVENTS_EXPECTED }), 'a list of events')
    .min(1, { error: 'a list of at least one event' })
    .optional()
    .describe('What it is told. Default: all but `started`.'),
  deadline: duration.describe(
    'How long the telling may delay the end of a deployment: `500ms`, `5s`. Default: what the notifier says, else ten seconds.',
  ),
  text: z
    .string({ error: TEXT_EXPECTED })
    .min(1, { error: TEXT_EXPECTED })
    .optional()
    .describe('The text for people: a template with {placeholders}; `{{` writes a brace.'),
});

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
      notify: listOf(notifier, 'a list of notifiers')
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
      plugins: listOf(text('NAME or NAME@VERSION of a package', pattern.PACKAGE), 'a list of packages')
        .optional()
        .describe(
          'The installed plugins that are loaded, as `NAME` or `NAME@VERSION`; the built-in ones always are. Without the list, all that are installed.',
        ),
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
