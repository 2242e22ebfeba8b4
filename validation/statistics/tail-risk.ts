/** Conditional value at risk, and tests of forecasts of it. Losses and costs: more is worse. */
import { normalPdf, normalQuantile } from './distributions.ts';
import { requireFinite, requireThat, type Sample, sorted } from './sample.ts';

/**
 * Empirical CVaR of losses at level `alpha` in [0, 1): the mean of the worst n(1 - alpha), the last of them with the
 * fractional weight that is left; equal to min over z of z + mean((loss - z)+) / (1 - alpha) (Rockafellar and Uryasev
 * 2000). The mean of all losses at or above the quantile is another, wrong number.
 * @throws ASSAY_NOT_FINITE, ASSAY_CONFIG_OUT_OF_BOUNDS
 */
export function cvar(losses: Sample, alpha = 0.95): number {
  requireFinite('the losses', losses);
  requireThat(alpha >= 0 && alpha < 1, 'CVaR level', `${alpha} is not in [0, 1)`);
  const ascending = sorted(losses);
  const weight = tailWeight(losses.length, alpha);
  let left = weight;
  let sum = 0;
  for (let i = ascending.length - 1; i >= 0 && left > 0; i--) {
    sum += Math.min(1, left) * ascending[i];
    left -= 1;
  }
  return sum / weight;
}

/** n(1 - alpha), with the whole number it is meant to be when rounding in 1 - alpha missed it. */
export function tailWeight(n: number, alpha: number): number {
  const weight = n * (1 - alpha);
  const whole = Math.round(weight);
  return whole > 0 && Math.abs(weight - whole) < 1e-9 * n ? whole : weight;
}

/** Value at risk and expected shortfall of losses N(mean, stdev) at level `alpha`. */
export function normalTail({ alpha, mean, stdev }: { alpha: number; mean: number; stdev: number }): {
  var: number;
  es: number;
} {
  const z = normalQuantile(alpha);
  return { var: mean + stdev * z, es: mean + (stdev * normalPdf(z)) / (1 - alpha) };
}

export interface TailForecast {
  /** Profit and loss that came about. */
  readonly profit: number;
  /** Forecast value at risk and expected shortfall at `level`, both negative profits. */
  readonly var: number;
  readonly es: number;
  readonly level: number;
}

/** FZ0 loss, which (VaR, ES) jointly minimise (Fissler and Ziegel 2016; Patton, Ziegel and Chen 2019). */
export function fz0Loss({ profit, var: v, es: e, level }: TailForecast): number {
  requireThat(e < 0 && v < 0, 'FZ0 loss', 'VaR and ES have to be negative profits');
  const breach = profit <= v ? v - profit : 0;
  return -breach / (level * e) + v / e + Math.log(-e) - 1;
}

/**
 * Second test of Acerbi and Szekely (2014): 0 is expected under a right model, less when losses are worse than forecast.
 * `vars` and `ess` are positive losses. Null when there is nothing to judge.
 */
export function acerbiSzekelyZ2(history: {
  readonly profits: Sample;
  readonly vars: Sample;
  readonly ess: Sample;
  readonly level: number;
}): number | null {
  const { profits, vars, ess, level } = history;
  if (profits.length === 0) return null;
  let sum = 0;
  for (let i = 0; i < profits.length; i++) if (profits[i] + vars[i] < 0) sum += profits[i] / ess[i];
  return sum / (profits.length * level) + 1;
}
