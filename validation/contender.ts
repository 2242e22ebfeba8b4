/** Whoever takes part in a validation, as plain data that can be sent to another thread: a schedule, the rule, a network. */
import { imbalanceRule } from '../market/imbalance-rule.ts';
import type { Policy } from '../market/policy.ts';
import { loadPolicy } from '../market/policy-onnx.ts';
import { type ScheduleSpec, scheduleName, schedulePolicy } from '../market/schedules.ts';

export type Contender =
  | { readonly type: 'schedule'; readonly spec: ScheduleSpec }
  | { readonly type: 'rule'; readonly threshold: number }
  /** Bytes of a policy file (market/policy-file.ts). */
  | { readonly type: 'policy'; readonly name: string; readonly bytes: Uint8Array };

export function contenderName(contender: Contender): string {
  switch (contender.type) {
    case 'schedule':
      return scheduleName(contender.spec);
    case 'rule':
      return 'Imbalance rule';
    case 'policy':
      return contender.name;
    default:
      return contender satisfies never;
  }
}

/** @throws ASSAY_MODEL_INVALID for bytes that are no policy of this market */
export async function policyOf(contender: Contender): Promise<Policy> {
  switch (contender.type) {
    case 'schedule':
      return schedulePolicy(contender.spec);
    case 'rule':
      return imbalanceRule(contender.threshold);
    case 'policy':
      return loadPolicy(contender.bytes, contender.name);
    default:
      return contender satisfies never;
  }
}
