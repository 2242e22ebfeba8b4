/**
 * Whoever decides: a learned network, a schedule or a rule. All see the same observations (observation.ts) and answer
 * with the same three numbers an order.
 */
export interface Policy {
  readonly name: string;
  /**
   * Decide for `count` parent orders at once.
   * @param observations count x OBSERVATION_SIZE, row-major.
   * @param actions count x ACTION_SIZE, row-major; written here, all in [0, 1]: `post`, the fraction of the
   *   remaining quantity to keep resting at the near touch; `cross`, the fraction of it to execute at once against the
   *   far side; `guard`, the imbalance below minus which nothing rests (1: always rest).
   */
  decide(observations: Float32Array, actions: Float32Array, count: number): Promise<void> | void;
}

/** What the three numbers are called in a policy file. */
export const ACTION_COLUMNS = ['post', 'cross', 'guard'] as const;

export const ACTION_SIZE = ACTION_COLUMNS.length;

/**
 * The choices of a learned policy, as rows of (post, cross, guard). None withdraws everything outright: the front of the queue
 * is kept through a random choice, so that its worth can be learned; the guard withdraws when the book says so.
 */
export const ACTION_TABLE: readonly (readonly [post: number, cross: number, guard: number])[] = [
  [1, 0, 0.9],
  [1, 0, 1],
  [1, 0, 0.7],
  [1, 0, 0.3],
  [0.5, 0, 1],
  [0.5, 0, 0.9],
  [0.5, 0, 0.7],
  [0.25, 0, 0.9],
  [0, 1, 1],
];
