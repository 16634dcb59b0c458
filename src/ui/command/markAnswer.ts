import { type MarkRequest, mark } from '../../core/operations/marks.ts';
import { renderMarks } from '../results/marks.ts';
import type { Answer } from './baseCommand.ts';
import { exitCodeOfMarks } from './exitCodes.ts';
import type { Session } from './session.ts';

/** Sets a mark, and tells with what to `undo` that; or takes it away. */
export async function markAnswer(
  { runtime, config, style }: Session,
  request: MarkRequest,
  undo: string | null,
): Promise<Answer> {
  const result = await mark(runtime, config, request);
  return {
    json: result,
    lines: renderMarks(result, style, runtime.now(), undo),
    exitCode: exitCodeOfMarks(result),
  };
}
