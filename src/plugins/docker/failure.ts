import { CutoverError, type ErrorCode } from '../../core/contract/index.ts';
import type { Options } from './options.ts';

type Named = Pick<Options, 'container' | 'program' | 'user'>;

/** Makes an error of what the engine has said when it started nothing in the container. */
export function startFailure(named: Named, said: string): CutoverError {
  const { container, program } = named;
  const why = lastLine(said);
  const hint = `Look at it: \`${program} ps --all\``;
  return (
    refusal(named, said) ??
    new CutoverError('E_UNREACHABLE', message(container, why || 'the engine has not said why'), { hint })
  );
}

/** The same where it is certain that nothing was started; else null: a way to the engine that broke proves nothing. */
export function refusal({ container, program, user }: Named, said: string): CutoverError | null {
  const kind = KINDS.find(({ says }) => says.test(said));
  if (kind === undefined || /\/exec\/[^/]+\/start/.test(said)) return null;
  const why = lastLine(said);
  return new CutoverError(kind.code, message(container, why), { hint: kind.hint(program, container, user) });
}

function message(container: string, why: string): string {
  return `Could not run anything in the container ${container}: ${why}.`;
}

function lastLine(said: string): string {
  const line = said.trim().split('\n').at(-1) ?? '';
  return line
    .replace(/^(?:Error response from daemon|Error|OCI runtime exec failed): /, '')
    .replace(/[.?]$/, '');
}

interface Kind {
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly hint: (program: string, container: string, user: string | undefined) => string;
}

const KINDS: readonly Kind[] = [
  {
    says: /permission denied while trying to connect|dial unix .*permission denied/i,
    code: 'E_AUTHENTICATION',
    hint: () => 'The user who deploys may not speak to the engine: look at the group of its socket.',
  },
  {
    says: /No such container|no container with name or ID/i,
    code: 'E_UNREACHABLE',
    hint: (program) => `See which there are: \`${program} ps --all\``,
  },
  {
    says: /is paused/i,
    code: 'E_UNREACHABLE',
    hint: (program, container) => `Have it go on: \`${program} unpause ${container}\``,
  },
  {
    says: /is not running|container state improper|can only create exec sessions on running/i,
    code: 'E_UNREACHABLE',
    hint: (program, container) => `Start it: \`${program} start ${container}\``,
  },
  {
    says: /unable to find user|no matching entries in passwd|unable to find group|no such user/i,
    code: 'E_CONFIG',
    hint: (_program, _container, user) => `There is no user ${user} in the container: correct \`user\`.`,
  },
  {
    says: /executable file not found|no such file or directory: OCI|stat .*no such file|exec: "sh"/i,
    code: 'E_CAPABILITY',
    hint: () =>
      'The image needs a `sh`, of BusyBox for example: one without a shell cannot be deployed into.',
  },
  {
    says: /Cannot connect to the Docker daemon|error during connect|unable to connect to Podman/i,
    code: 'E_UNREACHABLE',
    hint: (program) => `See whether the engine runs: \`${program} info\``,
  },
];
