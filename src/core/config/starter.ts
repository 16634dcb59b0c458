import { STARTER_PRESETS, type StarterCommand, type StarterPreset } from './starterPresets.ts';

export interface StarterAnswers {
  readonly application: string;
  readonly source: 'git' | 'directory';
  /** With `git` a part of the repository; with `directory` what is deployed, by default `dist`. */
  readonly directory?: string;
  readonly environment: string;
  readonly transport: string;
  readonly host?: string;
  readonly user?: string;
  readonly path: string;
  readonly branch?: string;
  /** A name of `STARTER_PRESETS`. */
  readonly preset?: StarterPreset;
  /** Where the editor finds the schema, relative to the file. */
  readonly schema?: string;
}

const SCHEMA = './node_modules/cutover/dist/cutover.schema.json';

/** The text of a first `cutover.yaml`: what was answered, and in comments what else there is. */
export function starterConfig(answers: StarterAnswers): string {
  const preset = STARTER_PRESETS[answers.preset ?? 'plain'];
  return `# yaml-language-server: $schema=${answers.schema ?? SCHEMA}

application: ${scalar(answers.application)}

${source(answers)}

environments:
  ${scalar(answers.environment)}:
${branch(answers)}    keep: 3                       # succeeded releases that stay, the current one included

    # What outlives releases: every release finds these linked to shared/ on the server.
    # A file that is not in the source must be put there before the first deployment.
    shared:
      directories: ${list(preset.directories)}
      files: ${list(preset.files)}

    commands:
      # In the new release, before it goes live. A failing command ends the deployment; current stays.
${commands('postUpload', preset.postUpload)}
      # In current, after it went live. A failing command brings the old release back.
${commands('postLaunch', preset.postLaunch)}

    # Deployed together: nobody switches before everybody is ready.
    servers:
${server(answers)}

${hooks(preset.hook)}
`;
}

function source({ source, directory }: StarterAnswers): string {
  if (source === 'directory') {
    return `# What is deployed: this directory, as it is.\nsource: { directory: ${scalar(directory ?? 'dist')} }`;
  }
  const part = directory === undefined ? '' : `, subdirectory: ${scalar(directory)}`;
  return `# What is deployed: the content of a commit, never the work tree. Leave out more in .deployignore.\nsource: { git: .${part} }`;
}

function branch({ source, branch }: StarterAnswers): string {
  if (source === 'directory') return '';
  const comment = '# or another with --ref';
  return branch === undefined
    ? `    # branch: main                ${comment}; without it, HEAD\n`
    : `    branch: ${scalar(branch).padEnd(21)} ${comment}\n`;
}

function commands(name: string, lines: readonly StarterCommand[]): string {
  if (lines.length === 0) return `      ${name}: []`;
  return [`      ${name}:`, ...lines.map((line) => `        - ${command(line)}`)].join('\n');
}

function command(line: StarterCommand): string {
  return typeof line === 'string' ? scalar(line) : `{ run: ${scalar(line.run)}, on: ${line.on} }`;
}

function server({ transport, host, user, path }: StarterAnswers): string {
  const lines = [
    `      ${scalar(serverName(host))}:`,
    `        transport: ${scalar(transport)}`,
    ...(host === undefined ? [] : [`        host: ${scalar(host)}`]),
    ...(user === undefined ? [] : [`        user: ${scalar(user)}`]),
    `        path: ${scalar(path)}`,
  ];
  return lines.join('\n');
}

/** The first label of the host, as far as it can be a name. */
function serverName(host: string | undefined): string {
  const label = host?.split('.', 1)[0] ?? '';
  return /^(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(label) ? label : 'web1';
}

/** In comments: which services there are, and how they may be reloaded, only the server knows. */
function hooks(hook: string | null): string {
  const own = hook === null ? [] : [hook];
  const check = 'http-check: { url: "https://shop.example.com/", deadline: 60s }';
  const back = hook === null ? [] : ['  onFailure:', `    - ${hook}`];
  const lines = [
    'hooks:',
    '  "after:postLaunch":',
    ...[...own, check].map((each) => `    - ${each}`),
    ...back,
  ];
  return [
    '    # Services that have to take notice of a release, and a look whether it works; when it does not, the old one comes back.',
    ...lines.map((line) => `    # ${line}`),
  ].join('\n');
}

function list(values: readonly string[]): string {
  return `[${values.map(scalar).join(', ')}]`;
}

/** A text that YAML reads back as it was: quoted (JSON's quotes are YAML's) unless it can be nothing but a text. */
function scalar(text: string): string {
  const plain =
    /^[A-Za-z/.][A-Za-z0-9_/.@-]*$/.test(text) &&
    !/^(?:true|false|null|[.-]+(?:inf|nan)|\.[0-9].*)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
