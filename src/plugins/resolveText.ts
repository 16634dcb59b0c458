import type { Scope, SecretReference } from '../core/contract/index.ts';

/** An option that stands in the configuration, or is a reference to a secret. */
export async function resolveText(value: string | SecretReference, scope: Scope): Promise<string> {
  return typeof value === 'string' ? value : (await scope.secret(value)).reveal();
}

/** The same for several, by their names: headers, or variables. */
export async function resolveTexts(
  texts: Readonly<Record<string, string | SecretReference>>,
  scope: Scope,
): Promise<Record<string, string>> {
  const pairs = Object.entries(texts).map(
    async ([name, value]) => [name, await resolveText(value, scope)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}
