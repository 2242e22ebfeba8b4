/**
 * n independent episodes stepped together: Gymnasium's `VectorEnv` over preallocated arrays, with discrete actions.
 *
 * Arrays are owned by the environment and overwritten by `reset` and `step`; a caller copies what it keeps. Nothing restarts
 * by itself: a finished episode is absorbing until `reset`, and `observations` keeps its final observation, from which a
 * truncated episode is bootstrapped. `terminated` (the task ended: its value is zero) and `truncated` (watching ended: the
 * task would have gone on) are told apart from the start (Pardo et al. 2018, "Time Limits in Reinforcement Learning").
 */
export interface VectorEnv {
  /** Episodes stepped together. */
  readonly count: number;
  /** Features in one observation. */
  readonly observationSize: number;
  /** Discrete actions, numbered from 0. */
  readonly actionCount: number;
  /** Every episode has terminated or been truncated after this many steps. */
  readonly horizonSteps: number;
  /** count x observationSize, row-major; valid after `reset` and after `step`. */
  readonly observations: Float32Array;
  /** count x actionCount, 1 = allowed. At least one action is allowed in every row, finished episodes included. */
  readonly masks: Uint8Array;
  /** Reward of the last step; 0 once the episode has finished. */
  readonly rewards: Float32Array;
  /** 1 from the step on which the task ended, until `reset`. */
  readonly terminated: Uint8Array;
  /** 1 from the step on which watching ended without the task being over, until `reset`. Never together with `terminated`. */
  readonly truncated: Uint8Array;
  /** Begin `count` fresh episodes; the same (seed, round) gives the same exogenous paths whatever is done in them. */
  reset(seed: number, round: number): void;
  /** Apply one action to each episode. `actions` has length `count`; entries of finished episodes are ignored. */
  step(actions: Int32Array): void;
}
