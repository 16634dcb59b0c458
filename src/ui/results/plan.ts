import { quote } from '../../core/contract/index.ts';
import type { Plan, ServerPlan } from '../../core/plan/types.ts';
import type { FileChange } from '../../core/sync/types.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { nameList, shortRevision } from '../wording.ts';
import { renderGroups } from './group.ts';
import { renderHooks } from './planHooks.ts';

export interface PlanView {
  /** List every file. */
  readonly verbose: boolean;
  /** Where the plan was written, as it was typed; null when it was only shown. */
  readonly file: string | null;
}

const FILES_SHOWN = 10;

/** What a plan would do, and how to run exactly it. */
export function renderPlan(plan: Plan, style: Style, view: PlanView): readonly string[] {
  return [
    ...heading(plan, style),
    ...(plan.unchanged
      ? []
      : [
          '',
          ...renderGroups(plan.servers, style, (server) => serverLines(server, plan, style, view)),
          ...renderHooks(plan, style),
        ]),
    ...notes(plan, style),
    ...(plan.unchanged ? [] : closing(plan, style, view)),
  ];
}

function heading(plan: Plan, style: Style): readonly string[] {
  const application = escapeRemote(plan.application);
  const environment = escapeRemote(plan.environment);
  const names = nameList(plan.servers.map(({ name }) => name));
  const title = {
    unchanged: `Nothing to do on ${environment}: ${names} already ${plan.servers.length === 1 ? 'serves' : 'serve'} this`,
    rollback: `Roll ${application} back on ${environment}`,
    deploy: `Deploy ${application} to ${environment}`,
  }[plan.unchanged ? 'unchanged' : plan.kind];
  const revision =
    plan.revision === null
      ? null
      : shortRevision(plan.revision) + (plan.branch === null ? '' : ` (${escapeRemote(plan.branch)})`);
  const facts: readonly (readonly [string, string | null])[] = [
    ['Release', plan.unchanged ? null : escapeRemote(plan.release)],
    ['Revision', revision],
    ['Message', plan.message === null ? null : escapeRemote(plan.message)],
    ['Author', plan.author === null ? null : escapeRemote(plan.author)],
    ...(plan.unchanged ? [] : changeOver(plan)),
    ['Left out', leftOut(plan)],
  ];
  const rows = facts.flatMap(([label, value]) => (value === null ? [] : [[`  ${style.dim(label)}`, value]]));
  return [style.bold(title), ...table(rows)];
}

/** With one server there is nothing to choose, but for what is kept. */
function changeOver({ batches, onFailure, pauseMs, servers }: Plan): readonly (readonly [string, string])[] {
  if (servers.length < 2 && onFailure !== 'keep') return [];
  const sizes = batches.map((batch) => batch.length).join(', then ');
  const watched = pauseMs === 0 ? '' : `, with ${formatDuration(pauseMs)} between them`;
  const all = servers.length === 1 ? 'at once' : 'all at once';
  return [
    ['Change-over', batches.length === 1 ? all : `${sizes}${watched}; all are prepared before the first`],
    ['On failure', ON_FAILURE[onFailure]],
  ];
}

const ON_FAILURE: Readonly<Record<Plan['onFailure'], string>> = {
  'revert-all': 'every server goes back',
  'revert-server': 'every server goes back; once one is switched, only those that fail',
  keep: 'every server goes back; once one is switched, each keeps what it has',
};

/** `web3, web4 (unreachable)` */
function leftOut({ absent }: Plan): string | null {
  const groups = [...Map.groupBy(absent, ({ why }) => why)];
  const texts = groups.map(([why, servers]) => `${nameList(servers.map(({ name }) => name))} (${why})`);
  return texts.length === 0 ? null : texts.join(', ');
}

function serverLines(server: ServerPlan, plan: Plan, style: Style, view: PlanView): readonly string[] {
  const revision = server.currentRevision === null ? '' : ` (${shortRevision(server.currentRevision)})`;
  const from = server.current === null ? 'nothing live yet' : escapeRemote(server.current) + revision;
  const shared = [...server.shared.directories.map((path) => `${path}/`), ...server.shared.files].map(
    escapeRemote,
  );
  return [
    `${escapeRemote(server.path)}: ${from} ${style.dim('→')} ${style.bold(escapeRemote(plan.release))}`,
    ...(plan.kind === 'rollback'
      ? []
      : [changeLine(server, plan, style), ...fileLines(server.files, style, view)]),
    ...labelled('Shared', shared, style),
    ...labelled('After upload', server.commands.postUpload.map(oneLine), style),
    ...labelled('After launch', server.commands.postLaunch.map(oneLine), style),
    ...labelled('Then remove', server.prune.map(escapeRemote), style),
  ];
}

function changeLine({ changes, files }: ServerPlan, plan: Plan, style: Style): string {
  const { added, updated, removed, bytes, sinceLive } = changes;
  if (files.length === 0 && added + updated + removed === 0) {
    return sinceLive ? 'No file changes' : `Nothing to send: ${CACHED}, holds all files already`;
  }
  const counts = [
    style.green(`+ ${added} added`),
    style.yellow(`~ ${updated} updated`),
    style.red(`- ${removed} removed`),
  ];
  const about = plan.full ? ' (every file again)' : sinceLive ? '' : ` (counted from ${CACHED})`;
  return `${counts.join('  ')}  ${formatBytes(bytes)} to send${about}`;
}

const CACHED = 'the deploy-cache, which is not what is live';

function fileLines(files: readonly FileChange[], style: Style, view: PlanView): readonly string[] {
  const shown = view.verbose ? files : files.slice(0, FILES_SHOWN);
  const rest = files.length - shown.length;
  const lines = shown.map(({ op, path, bytes }) => {
    const size = op === 'remove' || bytes === 0 ? '' : `  ${style.dim(formatBytes(bytes))}`;
    return `  ${marks(style)[op]} ${escapeRemote(path)}${size}`;
  });
  return rest === 0 ? lines : [...lines, style.dim(`  … and ${rest} more (--verbose lists them)`)];
}

function marks(style: Style): Readonly<Record<FileChange['op'], string>> {
  return { add: style.green('+'), update: style.yellow('~'), remove: style.red('-') };
}

function labelled(label: string, values: readonly string[], style: Style): readonly string[] {
  return values.map((value, index) => `${style.dim((index === 0 ? label : '').padEnd(13))} ${value}`);
}

/** Commands may have several lines. */
function oneLine(command: string): string {
  return escapeLines(command).join(' ⏎ ');
}

function notes(plan: Plan, style: Style): readonly string[] {
  if (plan.notes.length === 0) return [];
  const lines = plan.notes.flatMap((note) =>
    escapeLines(note).map((line, index) => (index === 0 ? `${style.yellow('!')} ${line}` : `  ${line}`)),
  );
  return ['', ...lines];
}

function closing(plan: Plan, style: Style, view: PlanView): readonly string[] {
  const environment = escapeRemote(quote(plan.environment));
  if (plan.kind === 'rollback') {
    return [
      '',
      `To run this: ${style.cyan(`cutover rollback ${environment} --to ${escapeRemote(plan.release)}`)}`,
    ];
  }
  if (view.file !== null) {
    return [
      '',
      `To run exactly this: ${style.cyan(`cutover deploy ${environment} --plan ${escapeRemote(quote(view.file))}`)}`,
    ];
  }
  return [
    '',
    'To run exactly this, keep it and hand it over:',
    `  ${style.cyan(`cutover plan ${environment} --out plan.json`)}`,
    `  ${style.cyan(`cutover deploy ${environment} --plan plan.json`)}`,
  ];
}
