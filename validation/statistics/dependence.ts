/** Inference on the mean of a series whose neighbours depend on one another. */
import { mean, requireFinite, requireThat, type Sample } from './sample.ts';

/** Autocovariance at `lag`, divided by n. */
export function autocovariance(series: Sample, lag: number): number {
  const centre = mean(series);
  let sum = 0;
  for (let t = lag; t < series.length; t++) sum += (series[t] - centre) * (series[t - lag] - centre);
  return sum / series.length;
}

/**
 * Long-run variance with Bartlett weights (Newey and West 1987): gamma0 + 2 sum over k = 1..lag of (1 - k/(lag+1)) gamma_k.
 * Never negative. The variance of the mean is this divided by n. @throws ASSAY_NOT_FINITE, ASSAY_CONFIG_OUT_OF_BOUNDS
 */
export function longRunVariance(series: Sample, lag: number): number {
  requireFinite('the series', series);
  requireThat(Number.isInteger(lag) && lag >= 0, 'Newey-West', `lag ${lag} is not a whole number >= 0`);
  let sum = autocovariance(series, 0);
  for (let k = 1; k <= lag; k++) sum += 2 * (1 - k / (lag + 1)) * autocovariance(series, k);
  return sum;
}

/** mean / sqrt(long-run variance / n). */
export function neweyWestStatistic(series: Sample, lag: number): number {
  return mean(series) / Math.sqrt(longRunVariance(series, lag) / series.length);
}
