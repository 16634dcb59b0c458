import type { Scope } from '../../core/contract/index.ts';

/** What happens to a test at a service that keeps records of deployments: the secrets were found, and nothing is sent. */
export function leaveNoRecord(who: string, scope: Pick<Scope, 'log'>): void {
  scope.log(`${who} keeps records of deployments, so of a test it is told nothing. Its secrets were found.`);
}
