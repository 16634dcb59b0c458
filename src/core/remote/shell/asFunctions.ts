import type { Script } from './script.ts';

/** Scripts that are functions of a larger one: their texts, and the text that calls each with its own values. */
export interface Functions<Name extends string> {
  readonly text: string;
  readonly calls: Readonly<Record<Name, string>>;
  /** The values of all, in the order in which the calls take them. */
  readonly args: readonly string[];
}

/** `first`: which positional parameter of the larger script is the first of these values. */
export function asFunctions<Name extends string>(
  scripts: Readonly<Record<Name, Script>>,
  first: number,
): Functions<Name> {
  const args: string[] = [];
  const texts: string[] = [];
  const calls: Partial<Record<Name, string>> = {};
  for (const [name, script] of Object.entries(scripts) as [Name, Script][]) {
    const slots = script.args.map((_, index) => ` "\${${first + args.length + index}}"`);
    calls[name] = `${name}${slots.join('')}`;
    texts.push(`${name}() {\n${script.body}\n}`);
    args.push(...script.args);
  }
  return { text: texts.join('\n'), calls: calls as Record<Name, string>, args };
}
