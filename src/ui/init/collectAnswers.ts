import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { StarterAnswers } from '../../core/config/starter.ts';
import { STARTER_PRESETS, type StarterPreset } from '../../core/config/starterPresets.ts';
import { CutoverError } from '../../core/contract/index.ts';

export interface InitFlags {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly source: string | undefined;
  readonly directory: string | undefined;
  readonly branch: string | undefined;
  readonly transport: string | undefined;
  readonly host: string | undefined;
  readonly user: string | undefined;
  readonly path: string | undefined;
  readonly preset: string | undefined;
}

/** The flags, then what a person answers where there is one to ask, then defaults. Throws `E_USAGE` naming the flags that are missing. */
export async function collectAnswers(
  flags: InitFlags,
  directory: string,
  ask: boolean,
): Promise<StarterAnswers> {
  const suggested = suggest(flags, directory);
  if (!ask || isComplete(flags)) return toAnswers(flags, suggested);
  const { askForAnswers } = await import('./ask.ts');
  return toAnswers(await askForAnswers(flags, suggested), suggested);
}

export interface Suggestions {
  readonly application: string;
  readonly environment: string;
  readonly source: string;
  readonly transport: string;
}

function suggest(flags: InitFlags, directory: string): Suggestions {
  const name = basename(directory)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return {
    application: name === '' ? 'application' : name,
    environment: 'production',
    source: flags.source ?? (existsSync(join(directory, '.git')) ? 'git' : 'directory'),
    transport: 'ssh2',
  };
}

function isComplete({ path, host, transport }: InitFlags): boolean {
  return path !== undefined && (host !== undefined || transport === 'local');
}

function toAnswers(flags: InitFlags, suggested: Suggestions): StarterAnswers {
  const transport = flags.transport ?? suggested.transport;
  const missing = [
    ...(flags.path === undefined ? ['--path'] : []),
    ...(flags.host === undefined && transport !== 'local' ? ['--host'] : []),
  ];
  if (missing.length > 0) {
    throw new CutoverError(
      'E_USAGE',
      `There is no terminal to ask on, and ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`,
      {
        hint: 'cutover init --host web1.example.com --path /srv/app',
      },
    );
  }
  return {
    application: flags.application ?? suggested.application,
    environment: flags.environment ?? suggested.environment,
    source: (flags.source ?? suggested.source) === 'git' ? 'git' : 'directory',
    transport,
    path: flags.path!,
    ...(flags.preset === undefined ? {} : { preset: presetNamed(flags.preset) }),
    ...(flags.directory === undefined ? {} : { directory: flags.directory }),
    ...(flags.branch === undefined ? {} : { branch: flags.branch }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.user === undefined ? {} : { user: flags.user }),
  };
}

function presetNamed(name: string): StarterPreset {
  if (Object.hasOwn(STARTER_PRESETS, name)) return name as StarterPreset;
  throw new CutoverError('E_USAGE', `There is no preset "${name}".`, {
    hint: `There are: ${Object.keys(STARTER_PRESETS).join(', ')}.`,
  });
}
