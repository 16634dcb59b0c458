import type {
  CacheRepairResult,
  CacheVerifyResult,
  RepairedCache,
  VerifiedCache,
} from '../../core/operations/cacheResults.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { plural, reasonOn } from '../wording.ts';
import { renderGroups } from './group.ts';

/** What differs on each server, and how to mend it. */
export function renderCacheVerify(
  { environment, servers }: CacheVerifyResult,
  style: Style,
  howToMend: string,
): readonly string[] {
  return [
    ...renderGroups(servers, style, (server) => [
      ...state(server, style),
      ...server.differences.slice(0, NAMED).map((each) => different(each, style)),
      ...more(server.differences),
      ...marked(server.notes, style.yellow('!')),
    ]),
    '',
    summary(servers, environment, style, howToMend),
  ];
}

function summary(
  servers: readonly VerifiedCache[],
  environment: string,
  style: Style,
  howToMend: string,
): string {
  const count = servers.reduce((sum, { differences }) => sum + differences.length, 0);
  const failed = servers.filter(({ failure }) => failure !== null).length;
  const where = `on ${plural(servers.length, 'server')} of ${escapeRemote(environment)}`;
  if (count + failed === 0) return style.green(`All is well ${where}.`);
  return [
    ...(failed === 0 ? [] : [`${style.red(`${plural(failed, 'server')} could not be verified`)}.`]),
    ...(count === 0
      ? []
      : [
          `${style.red(plural(count, 'difference'))} ${where}. To mend: ${style.cyan(escapeRemote(howToMend))}`,
        ]),
  ].join(' ');
}

/** What was mended on each server, and what could not be. */
export function renderCacheRepair(
  { environment, servers }: CacheRepairResult,
  style: Style,
): readonly string[] {
  const count = (of: (server: RepairedCache) => readonly unknown[]) =>
    servers.reduce((sum, server) => sum + of(server).length, 0);
  const [mended, left] = [count((server) => server.mended), count((server) => server.differences)];
  const where = `on ${plural(servers.length, 'server')} of ${escapeRemote(environment)}`;
  return [
    ...renderGroups(servers, style, (server) => [
      ...server.mended
        .slice(0, NAMED)
        .map(({ path, kind }) => `${style.green('✓')} ${escapeRemote(path)}: ${MENDED[kind]}`),
      ...more(server.mended),
      ...state(server, style),
      ...server.differences.slice(0, NAMED).map((each) => different(each, style)),
      ...more(server.differences),
      ...marked(server.problems.slice(0, NAMED), style.yellow('!')),
      ...more(server.problems),
    ]),
    '',
    mended + left === 0 && servers.every(({ failure }) => failure === null)
      ? style.green(`Nothing was to be mended ${where}.`)
      : `${plural(mended, 'difference')} mended${left === 0 ? '' : `, ${style.red(`${left} left`)}`} ${where}.`,
  ];
}

/** How many are named; --json has all. */
const NAMED = 20;

type Difference = VerifiedCache['differences'][number];

const DIFFERENT: Readonly<Record<Difference['kind'], string>> = {
  missing: 'is not there',
  extra: 'should not be there',
  kind: 'is another kind of thing than was uploaded',
  target: 'is a link that leads elsewhere',
  content: 'its content is not what was uploaded',
  mode: 'its mode is not what it was uploaded with',
  time: 'its time is not what it was uploaded with',
};

const MENDED: Readonly<Record<Difference['kind'], string>> = {
  missing: 'is there again',
  extra: 'is gone',
  kind: 'is again what was uploaded',
  target: 'leads again where it should',
  content: 'has again the content that was uploaded',
  mode: 'has again the mode that it was uploaded with',
  time: 'has again the time that it was uploaded with',
};

function different({ path, kind, live }: Difference, style: Style): string {
  const served = live ? ', and the live release has the same file' : '';
  return `${style.red('✗')} ${escapeRemote(path)}: ${DIFFERENT[kind]}${served}`;
}

function more(all: readonly unknown[]): readonly string[] {
  return all.length <= NAMED ? [] : [`  and ${all.length - NAMED} more; --json names all`];
}

/** Without the differences. */
function state(server: VerifiedCache | RepairedCache, style: Style): readonly string[] {
  const { name, files, hashed, differences, failure } = server;
  if (failure !== null) {
    const hint = failure.hint === null ? [] : escapeLines(failure.hint).map((line) => `    Fix: ${line}`);
    return [...marked([reasonOn(name, failure.message)], style.red('✗')), ...hint];
  }
  if (files === 0 && !hashed)
    return differences.length === 0 ? [`${style.green('✓')} nothing was uploaded`] : [];
  const what = hashed
    ? `${plural(files, 'file')} read`
    : `${plural(files, 'file')} compared by size and time: SFTP alone cannot tell what is in them`;
  return [differences.length === 0 ? `${style.green('✓')} ${what}: all is as it was uploaded` : `  ${what}`];
}

function marked(messages: readonly string[], mark: string): readonly string[] {
  return messages.flatMap((message) =>
    escapeLines(message).map((line, index) => (index === 0 ? `${mark} ${line}` : `  ${line}`)),
  );
}
