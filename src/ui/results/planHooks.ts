import { hookPointsOf } from '../../core/plan/plannedHooks.ts';
import type { Plan, ServerPlan } from '../../core/plan/types.ts';
import { escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { nameList } from '../wording.ts';
import { groupNames } from './group.ts';

/**
 * The hooks of the whole group by point, in the order in which they run; with the servers in front where not all of
 * them run the same.
 */
export function renderHooks(plan: Plan, style: Style): readonly string[] {
  const rows = hookPointsOf(plan.kind).flatMap((point) =>
    listsAt(point, plan).map((list, index) => [`  ${style.dim(index === 0 ? point : '')}`, list]),
  );
  return rows.length === 0 ? [] : ['', style.bold('Hooks'), ...table(rows)];
}

/** `http-check, cdn`, or for each set of servers `web1: http-check`. */
function listsAt(point: string, { servers }: Plan): readonly string[] {
  const namesOn = (server: ServerPlan) =>
    server.hooks.filter((hook) => hook.point === point).map(({ name }) => escapeRemote(name));
  const lists = groupNames(servers, (server) => namesOn(server).join(', '));
  if (lists.length === 1) return lists.flatMap(([list]) => (list === '' ? [] : [list]));
  return lists.flatMap(([list, names]) => (list === '' ? [] : [`${nameList(names)}: ${list}`]));
}
