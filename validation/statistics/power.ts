/** How many episodes are enough, and how small a difference so many can show. */
import { normalQuantile } from './distributions.ts';

export interface PowerTarget {
  /** Probability of a false alarm. */
  readonly alpha: number;
  /** Probability of seeing the difference when it is there. */
  readonly power: number;
  readonly sides: 1 | 2;
}

/** What a one-sided 95 % test with 80 % power can show: the convention of every verdict here. */
export const usualPower: PowerTarget = { alpha: 0.05, power: 0.8, sides: 1 };

/** z(1 - alpha / sides) + z(power). */
function powerFactor({ alpha, power, sides }: PowerTarget): number {
  return normalQuantile(1 - alpha / sides) + normalQuantile(power);
}

/** The smallest true difference found with the stated power, in the unit of `standardError`. */
export function minimalDetectableEffect(standardError: number, target: PowerTarget = usualPower): number {
  return powerFactor(target) * standardError;
}

/** Pairs needed to see a mean difference of `delta` when one pair's difference has standard deviation `stdev`; not rounded. */
export function sampleSize(
  { stdev, delta }: { stdev: number; delta: number },
  target: PowerTarget = usualPower,
): number {
  return (powerFactor(target) * stdev) ** 2 / delta ** 2;
}

/** Variance of a difference under common random numbers, and its ratio to that of independent runs. */
export function commonRandomNumbers(pair: { stdev1: number; stdev2: number; correlation: number }): {
  variance: number;
  ratioToIndependent: number;
} {
  const independent = pair.stdev1 ** 2 + pair.stdev2 ** 2;
  const variance = independent - 2 * pair.correlation * pair.stdev1 * pair.stdev2;
  return { variance, ratioToIndependent: variance / independent };
}
