/**
 * Almgren and Chriss (2000, "Optimal execution of portfolio transactions"), discrete: linear permanent and temporary
 * impact, a fixed half spread, and a price without drift. The least E + riskAversion * V is a closed form.
 */
import { AssayError } from '../../core/errors.ts';
import { sinhRatio } from './hyperbolic.ts';

/** Money and time in whatever units they share, e.g. USD and days. */
export interface AlmgrenChriss {
  /** Units to sell (or buy), > 0. */
  readonly quantity: number;
  readonly horizon: number;
  readonly periods: number;
  /** Money a unit and square root of time. */
  readonly volatility: number;
  /** epsilon: money a unit. */
  readonly halfSpread: number;
  /** gamma: money a unit, for every unit traded; stays. */
  readonly permanentImpact: number;
  /** eta: money a unit, for every unit a time; gone after the trade. */
  readonly temporaryImpact: number;
  /** lambda: 1 / money; 0 is indifferent to risk. */
  readonly riskAversion: number;
}

export interface ExecutionPlan {
  /** Units left at times 0, tau, ..., horizon: periods + 1 numbers. */
  readonly holdings: readonly number[];
  /** Units traded in each period. */
  readonly trades: readonly number[];
  readonly expectedCost: number;
  readonly costStdev: number;
  /** expectedCost + riskAversion * costStdev^2: less is better. */
  readonly utility: number;
}

/**
 * Urgency: kappaTilde^2 = riskAversion sigma^2 / etaTilde with etaTilde = eta - gamma tau / 2, and
 * cosh(kappa tau) = 1 + (kappaTilde tau)^2 / 2. Per unit of time. @throws ASSAY_CONFIG_OUT_OF_BOUNDS when etaTilde <= 0
 */
export function almgrenChrissKappa(model: Omit<AlmgrenChriss, 'quantity' | 'halfSpread'>): {
  kappa: number;
  kappaTilde: number;
} {
  const tau = model.horizon / model.periods;
  const kappaTilde = Math.sqrt((model.riskAversion * model.volatility ** 2) / etaTilde(model));
  // acosh(1 + x^2 / 2) = 2 asinh(x / 2), without the cancellation near 0.
  return { kappa: (2 * Math.asinh((kappaTilde * tau) / 2)) / tau, kappaTilde };
}

/** The schedule of least expected cost plus risk: x_j = X sinh(kappa (T - t_j)) / sinh(kappa T). */
export function almgrenChrissPlan(model: AlmgrenChriss): ExecutionPlan {
  const { kappa } = almgrenChrissKappa(model);
  const { quantity, horizon, periods } = model;
  const holdings = Array.from({ length: periods + 1 }, (_, j) => {
    const left = horizon * (1 - j / periods);
    return quantity * sinhRatio(kappa, left, horizon);
  });
  return costOfHoldings(model, holdings);
}

/** Even trades (TWAP), costed in the same model. */
export function evenPlan(model: AlmgrenChriss): ExecutionPlan {
  const { quantity, periods } = model;
  return costOfHoldings(
    model,
    Array.from({ length: periods + 1 }, (_, j) => quantity * (1 - j / periods)),
  );
}

/** Everything in the first period, costed in the same model. */
export function immediatePlan(model: AlmgrenChriss): ExecutionPlan {
  return costOfHoldings(
    model,
    Array.from({ length: model.periods + 1 }, (_, j) => (j === 0 ? model.quantity : 0)),
  );
}

/** Expected cost and risk of any schedule of holdings (periods + 1 numbers, from the quantity to 0). */
export function costOfHoldings(model: AlmgrenChriss, holdings: readonly number[]): ExecutionPlan {
  const { quantity, horizon, periods, volatility, halfSpread, permanentImpact, riskAversion } = model;
  const tau = horizon / periods;
  const trades = holdings.slice(1).map((left, j) => holdings[j] - left);
  const squares = trades.reduce((sum, trade) => sum + trade * trade, 0);
  const expectedCost =
    (permanentImpact * quantity ** 2) / 2 + halfSpread * quantity + (etaTilde(model) / tau) * squares;
  const variance = volatility ** 2 * tau * holdings.slice(1).reduce((sum, left) => sum + left * left, 0);
  return {
    holdings,
    trades,
    expectedCost,
    costStdev: Math.sqrt(variance),
    utility: expectedCost + riskAversion * variance,
  };
}

function etaTilde(model: Pick<AlmgrenChriss, 'temporaryImpact' | 'permanentImpact' | 'horizon' | 'periods'>): number {
  const value = model.temporaryImpact - (model.permanentImpact * model.horizon) / model.periods / 2;
  if (!(value > 0))
    throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', {
      where: 'Almgren-Chriss',
      reason: `temporary impact less half the permanent impact of a period is ${value}, and has to be positive`,
    });
  return value;
}
