/**
 * Whoever decides: a learned network, a schedule or a rule. All see the same observations (observation.ts) and answer
 * with the same two numbers an order.
 */
export interface Policy {
  readonly name: string;
  /**
   * Decide for `count` parent orders at once.
   * @param observations count x OBSERVATION_SIZE, row-major.
   * @param actions count x ACTION_SIZE, row-major; written here: `post`, the fraction of the remaining quantity to
   *   keep resting at the near touch, and `cross`, the fraction of it to execute at once against the far side; both in [0, 1].
   */
  decide(observations: Float32Array, actions: Float32Array, count: number): Promise<void> | void;
}

export const ACTION_SIZE = 2;
export const POST = 0;
export const CROSS = 1;

/** The choices of a learned policy, as rows of (post, cross). Row 0 is "withdraw and wait". */
export const ACTION_TABLE: readonly (readonly [post: number, cross: number])[] = [
  [0, 0],
  [0.25, 0],
  [1, 0],
  [0.9, 0.1],
  [0, 0.3],
  [0, 1],
];
