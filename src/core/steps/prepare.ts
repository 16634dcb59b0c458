import { patiently, type Step } from './context.ts';

/** Makes the directories, sweeps what a dead run left, and proves a way to switch `current`. */
export const prepare: Step = async ({ engine, fence, problem }) => {
  const { method, stays = [] } = await engine.prepare(fence, patiently());
  if (stays.length > 0)
    await problem(`what was thrown away cannot be removed from .cutover/trash: ${stays.join(', ')}`);
  return { method };
};
