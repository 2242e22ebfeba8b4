/** Quotes of a market maker, as dealers in simulations make them. */
import { expTimes } from './linear-algebra.ts';

export interface AvellanedaStoikov {
  readonly mid: number;
  readonly inventory: number;
  /** gamma, per money. */
  readonly riskAversion: number;
  /** Money a square root of time. */
  readonly volatility: number;
  readonly timeLeft: number;
  /** k, per money. */
  readonly fillDecay: number;
}

/** Avellaneda and Stoikov (2008): the reservation price shifts against the inventory, the spread widens with risk. */
export function avellanedaStoikov(model: AvellanedaStoikov): {
  reservation: number;
  spread: number;
  bid: number;
  ask: number;
} {
  const { mid, inventory, riskAversion, volatility, timeLeft, fillDecay } = model;
  const risk = riskAversion * volatility ** 2 * timeLeft;
  const reservation = mid - inventory * risk;
  const spread = risk + (2 / riskAversion) * Math.log1p(riskAversion / fillDecay);
  return { reservation, spread, bid: reservation - spread / 2, ask: reservation + spread / 2 };
}

export interface MarketMaker {
  /** lambda, per time, on either side. */
  readonly fillIntensity: number;
  /** k, per money. */
  readonly fillDecay: number;
  /** phi: money a squared unit and time; alpha: money a squared unit at the end. */
  readonly runningPenalty: number;
  readonly terminalPenalty: number;
  readonly timeLeft: number;
  /** Inventory stays within +- this. */
  readonly inventoryBound: number;
}

/**
 * Cartea, Jaimungal and Penalva (2015, chapter 10): depths from the mid for inventories -bound ... bound, null where no
 * quote is shown. w = exp(A timeLeft) z with the tridiagonal A, h = ln w / k.
 */
export function marketMakerDepths(model: MarketMaker): { asks: (number | null)[]; bids: (number | null)[] } {
  const { fillIntensity, fillDecay: k, runningPenalty, terminalPenalty, timeLeft, inventoryBound } = model;
  const inventories = Array.from({ length: 2 * inventoryBound + 1 }, (_, i) => i - inventoryBound);
  const matrix = inventories.map((q) =>
    inventories.map((other) => {
      if (other === q) return -runningPenalty * k * q * q * timeLeft;
      return Math.abs(other - q) === 1 ? (fillIntensity / Math.E) * timeLeft : 0;
    }),
  );
  const weights = expTimes(
    matrix,
    inventories.map((q) => Math.exp(-terminalPenalty * k * q * q)),
  );
  const h = weights.map((w) => Math.log(w) / k);
  return {
    asks: h.map((value, i) => (i === 0 ? null : 1 / k + value - h[i - 1])),
    bids: h.map((value, i) => (i === h.length - 1 ? null : 1 / k + value - h[i + 1])),
  };
}
