/**
 * Obizhaeva and Wang (2013, "Optimal trading strategy and supply/demand dynamics"): a book that refills exponentially,
 * no spread, no permanent impact, no aversion to risk. A block at either end and an even rate between.
 */
export interface ObizhaevaWang {
  readonly quantity: number;
  readonly horizon: number;
  /** rho: share of the displacement that is gone a unit of time. */
  readonly resilience: number;
  /** kappa: money a unit, for every unit traded. */
  readonly impact: number;
}

/** The optimum, its cost, and that of an even rate; `saving` is the share of the even cost that is saved. */
export function obizhaevaWang({ quantity, horizon, resilience, impact }: ObizhaevaWang): {
  /** Units traded at once at the start, and again at the end. */
  block: number;
  /** Units a unit of time between. */
  rate: number;
  cost: number;
  evenCost: number;
  saving: number;
} {
  const x = resilience * horizon;
  const block = quantity / (x + 2);
  const cost = (impact * quantity ** 2) / (x + 2);
  // (x - 1 + exp(-x)) / x^2, by its series where that would cancel.
  const shape = x < 1e-3 ? 0.5 - x / 6 + x ** 2 / 24 - x ** 3 / 120 : (x + Math.expm1(-x)) / x ** 2;
  const evenCost = impact * quantity ** 2 * shape;
  return { block, rate: resilience * block, cost, evenCost, saving: 1 - cost / evenCost };
}
