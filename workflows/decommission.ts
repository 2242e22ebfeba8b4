/** Retires one version; from the entry in the log on, no executor runs it. */
import type { RecordedDecision, RetireInput } from '../activities/types.ts';
import { governance } from './stages.ts';

export async function decommission(input: RetireInput): Promise<RecordedDecision> {
  return governance().decommission(input);
}
