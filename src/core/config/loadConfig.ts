import { isAbsolute, relative, resolve } from 'node:path';
import { CutoverError, errorCode, messageOf } from '../contract/index.ts';
import type { CheckedExtensions } from './checkExtensions.ts';
import { describeIssues } from './describeIssues.ts';
import { type ConfigDocument, type Path, pathText } from './document.ts';
import type { ExtensionLookup } from './extensions.ts';
import { readDocument } from './readDocument.ts';
import type { Config, ConfigIssue } from './types.ts';

export interface LoadOptions {
  readonly extensions: ExtensionLookup;
  /** Messages show the file relative to this directory. Default: the current one. */
  readonly directory?: string;
  /** What the file is about to say, for YAML and JSON. Default: what it says. */
  readonly text?: string;
}

/**
 * Reads and checks a configuration. Rejects with `E_CONFIG` and a message that lists all issues, one a line; with
 * `E_PLUGIN` when nothing is wrong but an extension that no installed plugin has.
 */
export async function loadConfig(file: string, options: LoadOptions): Promise<Config> {
  const { config } = await loadConfigWith(file, async () => options.extensions, options);
  return config;
}

/** The same where what the file says, unchecked, decides which extensions there are. */
export async function loadConfigWith(
  file: string,
  extensionsFor: (raw: unknown) => Promise<ExtensionLookup>,
  { directory, text }: Omit<LoadOptions, 'extensions'> = {},
): Promise<{ readonly config: Config; readonly extensions: ExtensionLookup }> {
  const shown = shownPath(file, directory ?? process.cwd());
  const document = await readDocument(file, shown, text);
  refuse(shown, document.issues);
  const extensions = await extensionsFor(document.raw);
  return { config: await check(resolve(file), shown, document, extensions), extensions };
}

/** The checks come with zod, which is worth loading only when there is something to check. */
async function check(
  file: string,
  shown: string,
  written: ConfigDocument,
  lookup: ExtensionLookup,
): Promise<Config> {
  const [{ resolveTemplates }, { checkShape }, { checkExtensions }, { checkTogether }, { assemble }] =
    await Promise.all([
      import('./templates.ts'),
      import('./checkShape.ts'),
      import('./checkExtensions.ts'),
      import('./checkTogether.ts'),
      import('./assemble.ts'),
    ]);
  const { document, broken, ...templates } = resolveTemplates(written);
  const shape = checkShape(document);
  const extensions = await checkExtensions(document, lookup, templates.unused);
  const shapeIssues = 'issues' in shape ? shape.issues : [];
  const issues = [
    ...templates.issues,
    ...withoutWhatIsInherited([...shapeIssues, ...extensions.issues], broken),
    ...checkTogether(document, extensions.optionsAt),
  ];
  const missing = extensions.missing.map(withGuess);
  // What is listed wrongly is not loaded, and what it would bring is then not missing.
  const isListWrong = shapeIssues.some(({ path }) => path === 'plugins' || path.startsWith('plugins['));
  refuse(shown, issues.length > 0 ? eachOnce([...issues, ...(isListWrong ? [] : missing)]) : []);
  refuseMissing(shown, extensions.missing);
  if ('issues' in shape) throw new CutoverError('E_BUG', `${shown} was refused without a reason.`);
  return assemble(file, shape.config, extensions);
}

/** What a server lacks may be in what it extends, which cannot be had. */
function withoutWhatIsInherited(
  issues: readonly ConfigIssue[],
  broken: readonly Path[],
): readonly ConfigIssue[] {
  const lacking = broken.map((path) => `${pathText(path)}.`);
  return issues.filter(
    ({ path, message }) =>
      !(message.startsWith('missing') && lacking.some((start) => path.startsWith(start))),
  );
}

/** Servers that extend the same have the same wrong with them. */
function eachOnce(issues: readonly ConfigIssue[]): readonly ConfigIssue[] {
  return [...new Map(issues.map((issue) => [`${issue.path}\n${issue.message}`, issue])).values()];
}

function refuse(shown: string, issues: readonly ConfigIssue[]): void {
  if (issues.length === 0) return;
  const count = issues.length === 1 ? 'One thing is' : `${issues.length} things are`;
  throw new CutoverError('E_CONFIG', `${count} wrong in ${shown}:\n${describeIssues(shown, issues)}`, {
    hint: `Correct ${shown}; nothing was contacted.`,
  });
}

/** Among other issues its hint would not be seen. */
function withGuess({ issue, error }: CheckedExtensions['missing'][number]): ConfigIssue {
  const hint = hintOf(error);
  return isGuess(hint) ? { ...issue, message: `${issue.message} ${hint}` } : issue;
}

/** With the hints of all, of which those that guess stand behind what they are about, where there are several. */
function refuseMissing(
  shown: string,
  missing: readonly { readonly issue: ConfigIssue; readonly error: unknown }[],
): void {
  const [first] = missing;
  if (first === undefined) return;
  const names = new Set(missing.map(({ error }) => messageOf(error)));
  const isOne = names.size === 1;
  const hints = missing.map(({ error }) => hintOf(error)).filter((hint) => isOne || !isGuess(hint));
  const issues = isOne ? missing.map(({ issue }) => issue) : missing.map(withGuess);
  const hint = [...new Set(hints)].filter((each) => each !== '').join('\n');
  throw new CutoverError(errorCode(first.error) ?? 'E_PLUGIN', describeIssues(shown, eachOnce(issues)), {
    ...(hint === '' ? {} : { hint }),
    cause: first.error,
  });
}

function hintOf(error: unknown): string {
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : '';
}

function isGuess(hint: string): boolean {
  return hint.startsWith('Did you mean ');
}

function shownPath(file: string, directory: string): string {
  const path = relative(directory, resolve(file));
  return path.startsWith('..') || isAbsolute(path) ? resolve(file) : path;
}
