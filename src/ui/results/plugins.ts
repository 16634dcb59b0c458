import { escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';

/** A package, and what it brings. */
export interface PackageView {
  readonly name: string;
  /** Null where its package.json cannot be read. */
  readonly version: string | null;
  readonly type: 'core' | 'user' | 'link';
  readonly root: string;
  readonly extensions: Readonly<Record<'transports' | 'notifiers' | 'hooks' | 'sources', readonly string[]>>;
  readonly commands: readonly string[];
  /** Those that it has and does not get. */
  readonly refusedCommands: readonly string[];
  /** Why it cannot be used, or brings nothing. */
  readonly problem: string | null;
}

/** Each with what it brings below it. */
export function renderPlugins(packages: readonly PackageView[], style: Style): readonly string[] {
  if (packages.length === 0) {
    return [
      'No plugins are installed.',
      '  Next: cutover plugins install PACKAGE, or cutover plugins --core',
    ];
  }
  return packages.flatMap((each) => [
    `${style.bold(escapeRemote(each.name))} ${escapeRemote(each.version ?? '')}${from(each, style)}`,
    ...(each.problem === null ? [] : [`  ${style.red('✗')} ${escapeRemote(each.problem)}`]),
    ...Object.entries({ ...each.extensions, commands: each.commands })
      .filter(([, names]) => names.length > 0)
      .map(([kind, names]) => `  ${style.dim(`${kind}:`)} ${names.map(escapeRemote).join(', ')}`),
    ...renderRefused(each.refusedCommands, style),
  ]);
}

/** A word of ours in front means a command of ours. */
export function renderRefused(commands: readonly string[], style: Style): readonly string[] {
  if (commands.length === 0) return [];
  const names = commands.map((name) => `"${escapeRemote(name)}"`).join(', ');
  const why = 'a command of cutover is called so, or begins so. Rename';
  return [`  ${style.yellow('!')} refused: ${names}: ${why} ${commands.length === 1 ? 'it' : 'them'}.`];
}

function from({ type, root }: PackageView, style: Style): string {
  return type === 'link' ? style.dim(` (linked: ${escapeRemote(root)})`) : '';
}
