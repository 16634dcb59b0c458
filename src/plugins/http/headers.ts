import type { Scope, SecretReference } from '../../core/contract/index.ts';
import { resolveTexts } from '../resolveText.ts';

/** Headers of an option, by names in lower case: so that none stands twice, beside one of ours. */
export async function headersOf(
  given: Readonly<Record<string, string | SecretReference>>,
  scope: Scope,
): Promise<Record<string, string>> {
  const headers = Object.entries(await resolveTexts(given, scope));
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}
