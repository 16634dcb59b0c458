import { createHash } from 'node:crypto';
import { canonicalJson } from './canonicalJson.ts';
import { plainOptions } from './plainOptions.ts';
import type { EnvironmentConfig } from './types.ts';

/**
 * sha256, hex, of what decides how a server looks after a deployment. Not part of it: the branch (the plan holds the
 * revision), how the group changes over, which servers there are and how they are reached, and who is notified. Secrets
 * take part as references only.
 */
export function configDigest(environment: EnvironmentConfig, application: string): string {
  const { name, keep, shared, link, unshare, commands, hooks } = environment;
  const roles = environment.servers
    .filter((server) => server.roles.length > 0)
    .map(({ name, roles }) => ({ name, roles }));
  const decisive = { name, keep, shared, link, unshare, commands, hooks, roles };
  const text = canonicalJson(plainOptions({ version: 1, application, ...decisive }));
  return createHash('sha256').update(text).digest('hex');
}
