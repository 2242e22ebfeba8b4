/** Two series of forecasts, or of returns, against one another. */
import { autocovariance, longRunVariance } from './dependence.ts';
import { normalCdf, studentCdf } from './distributions.ts';
import { mean, requireFinite, type Sample } from './sample.ts';

export interface ForecastPair {
  readonly actual: Sample;
  readonly forecast1: Sample;
  readonly forecast2: Sample;
  /** Steps ahead, >= 1. */
  readonly horizon: number;
  /** Loss |error|^power. */
  readonly power: number;
  /** The rectangular kernel of the 1995 paper can give a negative variance; Bartlett's cannot. */
  readonly kernel: 'rectangular' | 'bartlett';
}

export interface DieboldMariano {
  readonly status: 'ok' | 'negative-variance';
  readonly dm: number | null;
  /** With the small-sample correction of Harvey, Leybourne and Newbold (1997), for Student's t of n - 1 degrees. */
  readonly hln: number | null;
  /** Small when the first forecast is better. */
  readonly pLess: number | null;
  readonly pTwoSided: number | null;
}

/** Diebold and Mariano (1995). @throws ASSAY_NOT_FINITE */
export function dieboldMariano({ actual, forecast1, forecast2, horizon, power, kernel }: ForecastPair): DieboldMariano {
  requireFinite('the actual values', actual);
  requireFinite('the first forecast', forecast1, actual.length);
  requireFinite('the second forecast', forecast2, actual.length);
  const n = actual.length;
  const loss = (forecast: Sample, i: number) => Math.abs(actual[i] - forecast[i]) ** power;
  const gaps = Float64Array.from(actual, (_, i) => loss(forecast1, i) - loss(forecast2, i));
  const variance = (kernel === 'bartlett' ? longRunVariance(gaps, horizon - 1) : rectangular(gaps, horizon)) / n;
  if (!(variance > 0)) return { status: 'negative-variance', dm: null, hln: null, pLess: null, pTwoSided: null };
  const dm = mean(gaps) / Math.sqrt(variance);
  const hln = dm * Math.sqrt((n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n);
  return {
    status: 'ok',
    dm,
    hln,
    pLess: studentCdf(hln, n - 1),
    pTwoSided: 2 * studentCdf(-Math.abs(hln), n - 1),
  };
}

function rectangular(series: Sample, horizon: number): number {
  let sum = autocovariance(series, 0);
  for (let k = 1; k < horizon; k++) sum += 2 * autocovariance(series, k);
  return sum;
}

/** Difference of two Sharpe ratios per period: Jobson and Korkie (1981) with Memmel's (2003) correction; normal, independent returns. */
export function jobsonKorkieMemmel(pair: {
  readonly sharpe1: number;
  readonly sharpe2: number;
  readonly correlation: number;
  readonly periods: number;
}): { z: number; pTwoSided: number } {
  const { sharpe1: a, sharpe2: b, correlation: r, periods } = pair;
  const variance = (2 - 2 * r + 0.5 * (a * a + b * b - 2 * a * b * r * r)) / periods;
  const z = (a - b) / Math.sqrt(variance);
  return { z, pTwoSided: 2 * normalCdf(-Math.abs(z)) };
}
