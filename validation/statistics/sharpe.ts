/**
 * The Sharpe ratio and what many trials do to it (Bailey and Lopez de Prado 2012, 2014). Ratios are per period, never
 * annualised inside; kurtosis is raw (3 for a normal), never excess.
 */
import { normalCdf, normalQuantile } from './distributions.ts';
import { kurtosis, mean, requireFinite, type Sample, skewness, stdev } from './sample.ts';

const eulerGamma = 0.5772156649015329;

/** mean(r - benchmark) / stdev(r), n - 1 in the standard deviation (Sharpe 1994). */
export function sharpeRatio(returns: Sample, benchmark = 0): number {
  requireFinite('the returns', returns);
  return (mean(returns) - benchmark) / stdev(returns);
}

export interface SharpeMoments {
  readonly sharpe: number;
  readonly skewness: number;
  readonly kurtosis: number;
}

export function sharpeMoments(returns: Sample, benchmark = 0): SharpeMoments {
  return { sharpe: sharpeRatio(returns, benchmark), skewness: skewness(returns), kurtosis: kurtosis(returns) };
}

/** Variance of the estimated Sharpe ratio times T - 1. */
function sharpeSpread({ sharpe, skewness, kurtosis }: SharpeMoments): number {
  return 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
}

/** Probabilistic Sharpe ratio: probability that the true ratio exceeds `benchmark` after `periods` returns. */
export function probabilisticSharpe(moments: SharpeMoments, periods: number, benchmark = 0): number {
  return normalCdf(((moments.sharpe - benchmark) * Math.sqrt(periods - 1)) / Math.sqrt(sharpeSpread(moments)));
}

/** Approximate expected maximum of `trials` independent standard normals. It is not the exact order statistic. */
export function expectedMaximum(trials: number): number {
  const { E } = Math;
  return (1 - eulerGamma) * normalQuantile(1 - 1 / trials) + eulerGamma * normalQuantile(1 - 1 / (trials * E));
}

/** Deflated Sharpe ratio: the probabilistic one against what the best of `trials` worthless strategies would show. */
export function deflatedSharpe(
  moments: SharpeMoments,
  periods: number,
  { trials, trialVariance }: { readonly trials: number; readonly trialVariance: number },
): { benchmark: number; probability: number } {
  const benchmark = Math.sqrt(trialVariance) * expectedMaximum(trials);
  return { benchmark, probability: probabilisticSharpe(moments, periods, benchmark) };
}

/** Minimum track record length in periods; null when the ratio does not exceed the benchmark. */
export function minimumTrackRecord(moments: SharpeMoments, benchmark: number, confidence: number): number | null {
  if (!(moments.sharpe > benchmark)) return null;
  return 1 + sharpeSpread(moments) * (normalQuantile(confidence) / (moments.sharpe - benchmark)) ** 2;
}

/** Minimum backtest length in years before `trials` worthless strategies are expected to show `annualSharpe`. */
export function minimumBacktest(trials: number, annualSharpe: number): number {
  return (expectedMaximum(trials) / annualSharpe) ** 2;
}
