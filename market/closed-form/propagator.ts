/**
 * Transient impact by a decay kernel (Gatheral 2010; Alfonsi, Schied and Slynko 2012). Trades x at times t cost
 * 1/2 sum x_i x_j G(|t_i - t_j|); the least cost solves G x = mu 1.
 */
import { solve, symmetricEigenvalues, toeplitz } from './linear-algebra.ts';

/** Impact left after a time, money a unit for every unit traded. */
export type Kernel = (elapsed: number) => number;

export interface PropagatorPlan {
  readonly trades: readonly number[];
  readonly cost: number;
  /** Of the same quantity in equal trades. */
  readonly evenCost: number;
  readonly saving: number;
  /** The optimum buys and sells in turn: the kernel admits price manipulation, and a sound model must say so. */
  readonly tradesBothWays: boolean;
}

/** Optimal trades at equally spaced times, both ends included. @throws ASSAY_CONFIG_OUT_OF_BOUNDS for a singular kernel */
export function propagatorPlan(
  kernel: Kernel,
  order: { readonly quantity: number; readonly horizon: number; readonly trades: number },
): PropagatorPlan {
  const { quantity, horizon, trades: count } = order;
  const matrix = toeplitz(Array.from({ length: count }, (_, i) => kernel((horizon * i) / Math.max(1, count - 1))));
  const direction = solve(
    matrix,
    matrix.map(() => 1),
  );
  const sum = direction.reduce((total, x) => total + x, 0);
  const trades = direction.map((x) => (quantity * x) / sum);
  const cost = quantity ** 2 / sum / 2;
  const evenCost = (quantity / count) ** 2 * 0.5 * matrix.flat().reduce((total, g) => total + g, 0);
  const tradesBothWays = trades.some((x) => x * quantity < 0);
  return { trades, cost, evenCost, saving: 1 - cost / evenCost, tradesBothWays };
}

/** A negative eigenvalue of the kernel at equally spaced lags is a round trip with negative expected cost: dynamic arbitrage. */
export function kernelSpectrum(atLags: readonly number[]): { smallestEigenvalue: number; positiveDefinite: boolean } {
  const [smallestEigenvalue] = symmetricEigenvalues(toeplitz(atLags));
  return { smallestEigenvalue, positiveDefinite: smallestEigenvalue > 0 };
}
