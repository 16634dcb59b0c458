import { closest } from './closest.ts';

/** What a template of a notice may name; what each is stands in docs/notifiers.md. */
export const PLACEHOLDERS = [
  'absent',
  'application',
  'at',
  'author',
  'branch',
  'by',
  'duration',
  'environment',
  'failure',
  'kind',
  'message',
  'next',
  'outcome',
  'previous',
  'previousRevision',
  'release',
  'revision',
  'servers',
  'shortRevision',
  'startedAt',
  'title',
] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

/** One line of a template: texts, and names whose values stand between them. */
export type TemplateLine = readonly (string | { readonly name: Placeholder })[];

export interface TemplateFault {
  readonly message: string;
  readonly didYouMean: string | null;
}

/** Plain text with `{name}` for a value; `{{` writes a brace. */
export function parseTemplate(text: string): readonly TemplateLine[] {
  return text.split('\n').map((line) =>
    tokensOf(line).map((token) => {
      if (token === '{{') return '{';
      const name = nameIn(token);
      return name !== null && isPlaceholder(name) ? { name } : token;
    }),
  );
}

/** What is wrong with each brace that is neither doubled nor around a known name. */
export function templateFaults(text: string): readonly TemplateFault[] {
  return tokensOf(text).flatMap((token) => {
    if (token === '{') return [{ message: 'has a single brace; write {{ for one', didYouMean: null }];
    const name = nameIn(token);
    return name === null || isPlaceholder(name) ? [] : [unknown(name)];
  });
}

function unknown(name: string): TemplateFault {
  const didYouMean = closest(name, PLACEHOLDERS);
  const advice =
    didYouMean === null ? `expected one of ${PLACEHOLDERS.join(', ')}` : `did you mean {${didYouMean}}?`;
  return { message: `names {${name}}, which is not known; ${advice}`, didYouMean };
}

/** Doubled braces, names in braces, single braces, and what is between them. */
function tokensOf(text: string): readonly string[] {
  return text.match(/\{\{|\{\w+\}|\{|[^{]+/g) ?? [];
}

function nameIn(token: string): string | null {
  return /^\{(\w+)\}$/.exec(token)?.[1] ?? null;
}

function isPlaceholder(name: string): name is Placeholder {
  return PLACEHOLDERS.some((each) => each === name);
}
