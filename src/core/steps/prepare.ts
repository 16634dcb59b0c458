import { patiently, type Step } from './context.ts';

/** Makes the directories, sweeps what a dead run left, and proves a way to switch `current`. */
export const prepare: Step = async ({ engine, fence }) => ({ ...(await engine.prepare(fence, patiently())) });
