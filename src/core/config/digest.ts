import { createHash } from 'node:crypto';
import { canonicalJson } from './canonicalJson.ts';
import { plainOptions } from './plainOptions.ts';
import type { EnvironmentConfig } from './types.ts';

/**
 * sha256, hex, of what decides how the servers look after a deployment. Not part of it: the branch (the plan holds
 * the revision) and who is notified. Secrets take part as references only.
 */
export function configDigest(environment: EnvironmentConfig, application: string): string {
  const { branch: _, notify: __, ...decisive } = environment;
  const text = canonicalJson(plainOptions({ version: 1, application, ...decisive }));
  return createHash('sha256').update(text).digest('hex');
}
