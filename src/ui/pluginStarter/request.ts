import { closest } from '../../core/config/closest.ts';
import { NAME, NAME_EXPECTED } from '../../core/config/patterns.ts';
import { CutoverError } from '../../core/contract/index.ts';
import { faultOf, KIND_IN_WORDS, KINDS, type Kind } from '../../core/registry/offers.ts';

/** What a package is to be. */
export interface PluginStarter {
  /** `cutover-plugin-pigeon`, `@me/cutover-plugin-pigeon`. */
  readonly packageName: string;
  /** What configurations call what it brings. */
  readonly name: string;
  /** Each once, in the order of `KINDS`. */
  readonly kinds: readonly Kind[];
}

/** One word for each kind, as the command line takes it. */
export const KIND_WORDS: readonly string[] = KINDS.map((kind) => KIND_IN_WORDS[kind]);

/** Throws `E_USAGE` for a name that no package can have, or that means something else in a configuration, and for an unknown kind. */
export function pluginStarter(text: string, words: readonly string[]): PluginStarter {
  const kinds = KINDS.filter((kind) => words.map(kindOf).includes(kind));
  const isWhole = text.startsWith('@') || text.startsWith(PREFIX);
  const packageName = isWhole ? text : `${PREFIX}${text}`;
  if (!PACKAGE_NAME.test(packageName) || packageName.length > MOST_CHARACTERS)
    throw new CutoverError('E_USAGE', `${text} cannot be the name of a package.`, {
      hint: 'Small letters, digits, "-", "." and "_", for example: cutover plugin new pigeon --kind notifier',
    });
  const base = packageName.slice(packageName.indexOf('/') + 1);
  const name = base.startsWith(PREFIX) ? base.slice(PREFIX.length) : base;
  requireName(name, kinds);
  return { packageName, name, kinds };
}

const PREFIX = 'cutover-plugin-';
/** As npm has them: https://docs.npmjs.com/cli/configuring-npm/package-json#name */
const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;
const MOST_CHARACTERS = 214;

function kindOf(word: string): Kind {
  const kind = KINDS.find((each) => KIND_IN_WORDS[each] === word);
  if (kind !== undefined) return kind;
  if (word === 'target')
    throw new CutoverError('E_USAGE', 'Target kinds cannot be brought by plugins yet.', {
      hint: `A plugin brings: ${KIND_WORDS.join(', ')}.`,
    });
  if (word === 'command')
    throw new CutoverError('E_USAGE', 'Commands of a plugin are written by hand.', {
      hint: `docs/plugins.md, "A command", shows one. For --kind there are: ${KIND_WORDS.join(', ')}.`,
    });
  const near = closest(word, KIND_WORDS);
  throw new CutoverError('E_USAGE', `"${word}" is nothing that a plugin brings.`, {
    hint: near === null ? `A plugin brings: ${KIND_WORDS.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

function requireName(name: string, kinds: readonly Kind[]): void {
  if (!NAME.test(name))
    throw new CutoverError('E_USAGE', `"${name}" cannot be a name in a configuration.`, {
      hint: `Expected ${NAME_EXPECTED}.`,
    });
  const tables = Object.fromEntries(kinds.map((kind) => [kind, { [name]: () => {} }]));
  const fault = faultOf({ api: 1, name, ...tables });
  if (fault !== null)
    throw new CutoverError('E_USAGE', `A plugin of this name ${fault}`, { hint: 'Choose another name.' });
}
