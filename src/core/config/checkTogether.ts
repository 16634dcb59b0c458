import { canonicalJson } from './canonicalJson.ts';
import type { CheckedExtensions } from './checkExtensions.ts';
import { type ConfigDocument, isObject, membersOf, type Path } from './document.ts';
import { issueAt } from './issues.ts';
import { templateFaults } from './noticeTemplate.ts';
import { normalisePath } from './patterns.ts';
import { plainOptions } from './plainOptions.ts';
import type { ConfigIssue } from './types.ts';

/** What no schema can say: shared paths that meet, servers that are the same place, and names in templates that nobody knows. */
export function checkTogether(
  document: ConfigDocument,
  optionsAt: CheckedExtensions['optionsAt'],
): readonly ConfigIssue[] {
  const environments = isObject(document.raw) ? membersOf(document.raw.environments) : [];
  return environments.flatMap(([name, environment]) => {
    if (!isObject(environment)) return [];
    const path = ['environments', name];
    return [
      ...sharedPathsThatMeet(document, environment.shared, [...path, 'shared']),
      ...serversInOnePlace(document, environment.servers, [...path, 'servers'], optionsAt),
      ...faultsOfTemplates(document, environment.notify, [...path, 'notify']),
    ];
  });
}

interface SharedPath {
  readonly path: string;
  readonly at: Path;
}

function sharedPathsThatMeet(document: ConfigDocument, shared: unknown, base: Path): readonly ConfigIssue[] {
  const all = membersOf(shared).flatMap(([key, list]) => sharedPaths(list, [...base, key]));
  return all.flatMap(({ path, at }, index) => {
    const earlier = all.slice(0, index).find((other) => isSameOrInside(path, other.path));
    const outer = earlier ?? all.find((other) => other.path !== path && isSameOrInside(path, other.path));
    if (outer === undefined) return [];
    const message =
      outer.path === path
        ? `"${path}" is listed twice`
        : `"${path}" is inside "${outer.path}", which is shared`;
    return [issueAt(document, at, message)];
  });
}

function sharedPaths(list: unknown, base: Path): readonly SharedPath[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((path: unknown, index) =>
    typeof path === 'string' ? [{ path: normalisePath(path), at: [...base, index] }] : [],
  );
}

function isSameOrInside(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`);
}

function serversInOnePlace(
  document: ConfigDocument,
  servers: unknown,
  base: Path,
  optionsAt: CheckedExtensions['optionsAt'],
): readonly ConfigIssue[] {
  const firstAt = new Map<string, string>();
  return membersOf(servers).flatMap(([name, server]) => {
    const at = [...base, name];
    const options = optionsAt(at);
    if (!isObject(server) || typeof server.path !== 'string' || options === undefined) return [];
    const place = placeOf(server.transport, server.path, options);
    const first = firstAt.get(place);
    if (first === undefined) firstAt.set(place, name);
    return first === undefined ? [] : [issueAt(document, at, `is the same place as "${first}"`, 'key')];
  });
}

function placeOf(transport: unknown, path: string, options: unknown): string {
  return canonicalJson(plainOptions({ transport, path: normalisePath(path), options }));
}

function faultsOfTemplates(document: ConfigDocument, notify: unknown, base: Path): readonly ConfigIssue[] {
  if (!Array.isArray(notify)) return [];
  return notify.flatMap((entry: unknown, index) => {
    const text = isObject(entry) ? entry.text : null;
    if (typeof text !== 'string') return [];
    return templateFaults(text).map(({ message, didYouMean }) => ({
      ...issueAt(document, [...base, index, 'text'], message),
      didYouMean,
    }));
  });
}
