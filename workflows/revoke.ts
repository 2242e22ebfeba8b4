/** Says that a version must not run any more, whoever approved it. */
import type { RecordedDecision, RetireInput } from '../activities/types.ts';
import { governance } from './stages.ts';

export async function revoke(input: RetireInput): Promise<RecordedDecision> {
  return governance().recordRevocation(input);
}
