/**
 * The hand-written rule that a learned policy has to justify itself against: rest everything at the near touch, and
 * withdraw while the book says that a fill would be followed by a better price.
 */
import { ACTION_SIZE, type Policy } from './policy.ts';

/** @param threshold withdraw while the imbalance is below minus this, in (0, 1]. */
export function imbalanceRule(threshold: number): Policy {
  return {
    name: `imbalance rule (${threshold})`,
    decide(_observations, actions, count) {
      for (let i = 0; i < count; i++) actions.set([1, 0, threshold], i * ACTION_SIZE);
    },
  };
}
