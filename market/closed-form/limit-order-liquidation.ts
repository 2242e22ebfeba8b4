/**
 * Liquidation with limit orders only (Gueant, Lehalle and Fernandez-Tapia 2012; Cartea and Jaimungal 2015): a resting unit
 * at depth d fills at rate lambda exp(-k d), and what is left at the end costs alpha q^2.
 */
export interface LimitOrderLiquidation {
  /** lambda, per time. */
  readonly fillIntensity: number;
  /** k, per money. */
  readonly fillDecay: number;
  /** alpha: money a squared unit. */
  readonly terminalPenalty: number;
  readonly timeLeft: number;
  readonly largestInventory: number;
}

/** Optimal depth from the mid for inventories 1, 2, ..., largest. Negative depths, near the end, mean crossing. */
export function limitOrderDepths(model: LimitOrderLiquidation): number[] {
  const { fillDecay, largestInventory } = model;
  const logs = Array.from({ length: largestInventory + 1 }, (_, q) => logWeight(model, q));
  return logs.slice(1).map((log, i) => (1 + log - logs[i]) / fillDecay);
}

/** ln w_q, w_q = sum over n = 0..q of (lambda/e)^n timeLeft^n / n! exp(-k alpha (q - n)^2), without under- or overflow. */
function logWeight({ fillIntensity, fillDecay, terminalPenalty, timeLeft }: LimitOrderLiquidation, q: number): number {
  const rate = Math.log((fillIntensity / Math.E) * timeLeft);
  let logFactorial = 0;
  const terms = Array.from({ length: q + 1 }, (_, n) => {
    if (n > 0) logFactorial += Math.log(n);
    return (n === 0 ? 0 : n * rate) - logFactorial - fillDecay * terminalPenalty * (q - n) ** 2;
  });
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}
