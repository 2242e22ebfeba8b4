/**
 * Is the simulated market the captured one? It goes through the estimators that the capture went through; each moment
 * must fall inside the capture's 95 % interval. Fidelity comes before learning: a policy is as good as its market.
 */
import { bookChain } from '../market/book-chain.ts';
import { type Moment, moments, momentValue } from '../market/estimators/moments.ts';
import type { BookLaw, MarketProfile } from '../market/profile.ts';
import { recordGrid } from './record.ts';
import { SimulatedMarket } from './simulated-market.ts';

export interface FidelityRow {
  readonly name: string;
  readonly unit: string;
  readonly capture: { readonly value: number; readonly low: number; readonly high: number };
  readonly simulated: number;
  readonly inside: boolean;
}

export interface FidelityOptions {
  readonly seed: number;
  /** Simulated seconds to measure; long enough that their own error is small beside the capture's. @default 14,400 */
  readonly seconds?: number;
}

/** One row for each moment of the profile. A moment that is missing or not finite is outside. */
export function fidelity(profile: MarketProfile, { seed, seconds = 14_400 }: FidelityOptions): FidelityRow[] {
  const market = new SimulatedMarket(profile, bookChain(profile.book));
  const grid = recordGrid(market, { seed, stream: 'fidelity', seconds, stepMs: profile.book.stepMs });
  const simulated = new Map<string, Moment>(moments(grid).map((moment) => [moment.name, moment]));
  return Object.entries(profile.moments).map(([name, { unit, ...capture }]) => {
    const moment = simulated.get(name);
    const value = moment === undefined ? Number.NaN : momentValue(moment);
    return { name, unit, capture, simulated: value, inside: value >= capture.low && value <= capture.high };
  });
}

/**
 * The strength of reversion at which the simulated mid neither trends nor reverts between 1 s and 30 s (variance ratio 1).
 * Five minutes cannot tell a variance ratio from 1, so the law of one is imposed: a market must not offer a drift that was
 * not measured. Bisection under common random numbers.
 */
export function martingaleReversion(profile: MarketProfile, seed: number): BookLaw['reversion'] {
  const ratio = (strength: number) => {
    const book = { ...profile.book, reversion: { ...profile.book.reversion, strength } };
    return varianceRatio({ ...profile, book }, seed);
  };
  let low = 0;
  let high = 1;
  for (let i = 0; i < 8; i++) {
    const middle = (low + high) / 2;
    if (ratio(middle) > 1) low = middle;
    else high = middle;
  }
  return { ...profile.book.reversion, strength: Math.round(((low + high) / 2) * 256) / 256 };
}

/** Variance of 30 s changes over thirty times that of 1 s changes, over many simulated paths. */
function varianceRatio(profile: MarketProfile, seed: number): number {
  const grid = recordGrid(new SimulatedMarket(profile, bookChain(profile.book)), {
    seed,
    stream: 'reversion',
    seconds: 20_000,
    stepMs: 1000,
  });
  const variance = (steps: number) => {
    let sum = 0;
    let count = 0;
    for (let k = 0; k + steps < grid.length; k++) {
      const change = (grid.bidTicks[k + steps] + grid.askTicks[k + steps] - grid.bidTicks[k] - grid.askTicks[k]) / 2;
      sum += (change / grid.bidTicks[k]) ** 2;
      count++;
    }
    return sum / count;
  };
  return variance(30) / (30 * variance(1));
}
