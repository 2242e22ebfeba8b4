/**
 * The hand-written rule that a learned policy has to justify itself against: rest everything at the near touch, and
 * withdraw while the book says that a fill would be followed by a better price.
 */
import { FIELD, OBSERVATION_SIZE } from './observation.ts';
import { ACTION_SIZE, type Policy } from './policy.ts';

/** @param threshold withdraw while the imbalance is below minus this, in (0, 1]. */
export function imbalanceRule(threshold: number): Policy {
  return {
    name: `imbalance rule (${threshold})`,
    decide(observations, actions, count) {
      for (let i = 0; i < count; i++) {
        const imbalance = observations[i * OBSERVATION_SIZE + FIELD.imbalance];
        actions[i * ACTION_SIZE] = imbalance >= -threshold ? 1 : 0;
        actions[i * ACTION_SIZE + 1] = 0;
      }
    },
  };
}
