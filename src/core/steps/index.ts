import type { StepName } from '../contract/index.ts';
import { activate } from './activate.ts';
import type { Step } from './context.ts';
import { linkRelease } from './linkRelease.ts';
import { postLaunch } from './postLaunch.ts';
import { postUpload } from './postUpload.ts';
import { prepare } from './prepare.ts';
import { prune } from './prune.ts';
import { syncCache } from './syncCache.ts';

/** The deployment, in order. */
export const steps: Readonly<Record<StepName, Step>> = {
  prepare,
  syncCache,
  linkRelease,
  postUpload,
  activate,
  postLaunch,
  prune,
};

export { arm } from './activate.ts';
export { planned, tellAttached, variablesOf } from './commands.ts';
export { compensate } from './compensate.ts';
export { patiently, type Step, type StepContext } from './context.ts';
export { recordEnd } from './prune.ts';
