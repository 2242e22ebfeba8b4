/** One stretch of trading by the line's executor: what is approved and provable, else the fallback, else nothing. */
import type { ExecuteInput, ExecuteResult } from '../activities/types.ts';
import { execution } from './stages.ts';

export async function execute(input: ExecuteInput): Promise<ExecuteResult> {
  return execution().execute(input);
}
