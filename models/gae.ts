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
    const next = terminated[at] ? 0 : (nextValues[at] as number);
    const delta = (rewards[at] as number) + gamma * next - (values[at] as number);
    const goesOn = !terminated[at] && !truncated[at];
    running[episode] = delta + (goesOn ? gamma * lambda * (running[episode] as number) : 0);
    advantages[at] = running[episode] as number;
  }
}

/**
 * (A - mean) / (stdev + 1e-8) of the first `length` elements, in place, with the n - 1 standard deviation.
 * A single element cannot be normalised and becomes zero.
 */
export function normaliseAdvantages(advantages: Float32Array | Float64Array, length = advantages.length): void {
  let total = 0;
  for (let i = 0; i < length; i++) total += advantages[i] as number;
  const mean = total / length;
  let squares = 0;
  for (let i = 0; i < length; i++) squares += ((advantages[i] as number) - mean) ** 2;
  const scale = 1 / (Math.sqrt(squares / Math.max(1, length - 1)) + 1e-8);
  for (let i = 0; i < length; i++) advantages[i] = ((advantages[i] as number) - mean) * scale;
}

/** 1 - Var(returns - values) / Var(returns); null when the returns do not vary. 1 is a perfect critic, 0 a constant one. */
export function explainedVariance(values: ArrayLike<number>, returns: ArrayLike<number>): number | null {
  const spread = variance(returns.length, (i) => returns[i] as number);
  if (spread === 0) return null;
  return 1 - variance(returns.length, (i) => (returns[i] as number) - (values[i] as number)) / spread;
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
