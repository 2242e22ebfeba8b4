/** What lies between a rollout and the loss: advantages, their normalisation, and how much the critic explains. Float64 inside. */

export interface GaeInput {
  /** Steps x count, one row a step; so are the next four. */
  readonly rewards: ArrayLike<number>;
  /** Value of the observation the step began with. */
  readonly values: ArrayLike<number>;
  /** Value of the observation the step led to; read where the episode went on or was truncated, never where it terminated. */
  readonly nextValues: ArrayLike<number>;
  /** Non-zero where the task ended in this step. */
  readonly terminated: ArrayLike<number>;
  /** Non-zero where watching ended in this step. */
  readonly truncated: ArrayLike<number>;
  /** Episodes side by side. */
  readonly count: number;
  readonly gamma: number;
  readonly lambda: number;
}

/**
 * Generalised advantage estimation (Schulman et al. 2016, equations 16-18) into `advantages` (steps x count):
 * delta = r + gamma * next - V, with next = 0 after a termination; A = delta + gamma * lambda * A', cut after any end.
 */
export function generalisedAdvantages(given: GaeInput, advantages: Float32Array | Float64Array): void {
  const { rewards, values, nextValues, terminated, truncated, count, gamma, lambda } = given;
  const running = new Float64Array(count);
  for (let at = rewards.length - 1; at >= 0; at--) {
    const episode = at % count;
    const next = terminated[at] ? 0 : nextValues[at];
    const delta = rewards[at] + gamma * next - values[at];
    const goesOn = !terminated[at] && !truncated[at];
    running[episode] = delta + (goesOn ? gamma * lambda * running[episode] : 0);
    advantages[at] = running[episode];
  }
}

/**
 * (A - mean) / (stdev + 1e-8) of the first `length` elements, in place, with the n - 1 standard deviation.
 * A single element cannot be normalised and becomes zero.
 */
export function normaliseAdvantages(advantages: Float32Array | Float64Array, length = advantages.length): void {
  let total = 0;
  for (let i = 0; i < length; i++) total += advantages[i];
  const mean = total / length;
  let squares = 0;
  for (let i = 0; i < length; i++) squares += (advantages[i] - mean) ** 2;
  const scale = 1 / (Math.sqrt(squares / Math.max(1, length - 1)) + 1e-8);
  for (let i = 0; i < length; i++) advantages[i] = (advantages[i] - mean) * scale;
}

/** 1 - Var(returns - values) / Var(returns); null when the returns do not vary. 1 is a perfect critic, 0 a constant one. */
export function explainedVariance(values: ArrayLike<number>, returns: ArrayLike<number>): number | null {
  const spread = variance(returns.length, (i) => returns[i]);
  if (spread === 0) return null;
  return 1 - variance(returns.length, (i) => returns[i] - values[i]) / spread;
}

/** Population variance of f(0), ..., f(length - 1). */
function variance(length: number, f: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < length; i++) total += f(i);
  const mean = total / length;
  let squares = 0;
  for (let i = 0; i < length; i++) squares += (f(i) - mean) ** 2;
  return squares / length;
}
