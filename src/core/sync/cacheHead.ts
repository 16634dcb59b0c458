import { CutoverError } from '../contract/index.ts';

/**
 * What a deploy-cache is said to hold, in a few lines: the file that is renamed into place when all the rest is there.
 * The manifest is its segments, laid over each other.
 */
export interface CacheHead {
  /** Names the tree: two caches of the same name hold the same. */
  readonly state: string;
  /** Of the whole tree. */
  readonly totals: TreeTotals;
  /** Names of files in `.cutover/manifests/`, oldest first, each written once. */
  readonly segments: readonly string[];
}

export interface TreeTotals {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** The sum of the sizes of the files. */
  readonly bytes: number;
}

export const NO_TOTALS: TreeTotals = { files: 0, directories: 0, links: 0, bytes: 0 };

/** How many files, directories and links. */
export function entriesOf({ files, directories, links }: TreeTotals): number {
  return files + directories + links;
}

/** A header, then a name and its value on each line. */
export function formatCacheHead({ state, totals, segments }: CacheHead): string {
  const numbers = NUMBERS.map((name) => `${name} ${totals[name]}`);
  return [HEADER, `state ${state}`, ...numbers, ...segments.map((name) => `segment ${name}`), ''].join('\n');
}

/** The opposite of `formatCacheHead`. Throws `E_REMOTE` on everything that it could not have written. */
export function parseCacheHead(text: string): CacheHead {
  const lines = text.split('\n');
  const [header, state, ...rest] = lines.slice(0, -1);
  if (header !== HEADER || lines.at(-1) !== '' || !state?.startsWith('state ')) throw damaged();
  const values = NUMBERS.map((name, index) => wholeNumber(rest[index], `${name} `));
  const segments = rest.slice(NUMBERS.length).map((line) => {
    const [, name] = /^segment ([0-9]{14}(?:-[0-9]+)?)$/.exec(line) ?? [];
    if (name === undefined) throw damaged();
    return name;
  });
  const [files = 0, directories = 0, links = 0, bytes = 0] = values;
  if (segments.length === 0) throw damaged();
  return { state: state.slice('state '.length), totals: { files, directories, links, bytes }, segments };
}

const HEADER = 'cutover-cache 1';
const NUMBERS = ['files', 'directories', 'links', 'bytes'] as const;

function wholeNumber(line: string | undefined, name: string): number {
  const text = line?.startsWith(name) ? line.slice(name.length) : '';
  const value = Number(text);
  if (!/^(0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(value)) throw damaged();
  return value;
}

function damaged(): CutoverError {
  return new CutoverError('E_REMOTE', 'What the server says of its deploy-cache is damaged.', {
    hint: 'Deploy with --full to send everything again.',
  });
}
