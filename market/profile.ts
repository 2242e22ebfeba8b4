/**
 * The market profile: everything the simulated market and the baselines know about one market, as one JSON artifact.
 * Every measured number carries a 95 % interval; what five minutes cannot identify is an input with its source.
 * Schema and units: profile-schema.ts. Calibration: curation/calibrate.ts.
 */
import type { Instrument } from './instrument.ts';
import type { ExecutionCosts } from './session.ts';

/** A measured number with its 95 % interval (block bootstrap over `blocks` blocks). */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A number that was not measured here. */
export interface CitedInput {
  readonly value: number;
  readonly source: string;
}

/** How well a law fits what it was fitted to. */
export interface Law {
  readonly name: string;
  readonly unit: string;
  readonly quantiles: readonly { readonly p: number; readonly value: number }[];
  readonly samples: number;
  /** Two-sample Kolmogorov-Smirnov distance between the capture and the simulated market, and its 5 % critical value. */
  readonly ksDistance: number;
  readonly ksCritical: number;
}

/**
 * The law of the best quotes: a semi-Markov chain resampled from the capture itself, on the reaction clock. Its state is
 * the size displayed on either side (by class), the time since the touch last moved (by class) and, soon after a move,
 * its direction, how long one side has outweighed the other (by class), and the spread (by class); from a state the next
 * event, and the wait for it, is one of those that followed it in the capture, or in its mirror image. Queue-reactive models (Huang, Lehalle and Rosenbaum 2015), with the intensities kept empirical.
 */
export interface BookLaw {
  /** Resolution of the clock, ms. */
  readonly stepMs: number;
  /** Class boundaries: lots at a touch, ms since the last move, and ticks of spread. */
  readonly sizeEdges: readonly number[];
  readonly ageEdgesMs: readonly number[];
  readonly spreadEdges: readonly number[];
  /** ms since the book last changed which side outweighs the other (imbalance beyond 0.7 either way, or neither). */
  readonly holdEdgesMs: readonly number[];
  /** Steps in which anything changed, in order; entry k is what is in force after event k. */
  readonly events: {
    /** Steps since the event before. */
    readonly dwellSteps: readonly number[];
    /** Change of the mid, half ticks. */
    readonly moveHalfTicks: readonly number[];
    readonly spreadTicks: readonly number[];
    readonly bidLots: readonly number[];
    readonly askLots: readonly number[];
    /** Lots traded by aggressive sellers and buyers, and how far beyond the touch before the event they reached, ticks. */
    readonly soldLots: readonly number[];
    readonly soldReachTicks: readonly number[];
    readonly boughtLots: readonly number[];
    readonly boughtReachTicks: readonly number[];
  };
  /**
   * Moves partly return: a move is scaled by 1 - strength * sign * (mid - its mean over `timeMs`) / scaleTicks,
   * within [0.2, 1.8]. The strength is the one at which the mid neither trends nor reverts between 1 s and 30 s.
   */
  readonly reversion: { readonly strength: number; readonly timeMs: number; readonly scaleTicks: number };
}

export interface MarketProfile {
  readonly version: 1;
  readonly instrument: Instrument;
  /** Digest of the dataset manifest and the segment it was measured on. */
  readonly dataset: string;
  readonly segment: string;
  readonly seconds: number;
  readonly referenceTicks: number;
  readonly fees: { readonly makerBps: CitedInput; readonly takerBps: CitedInput };
  readonly book: BookLaw;
  /** Mean slippage beyond the touch of a market order, ticks, by lots (piecewise linear, both sides pooled). */
  readonly depth: { readonly lots: readonly number[]; readonly slippageTicks: readonly number[] };
  readonly impact: {
    /** Ticks a lot of the transient part, from the slope of the depth curve. */
    readonly transientTicksPerLot: Estimate;
    readonly decayMs: Estimate;
    readonly permanentTicksPerLot: CitedInput;
  };
  /** All trading, lots a second. */
  readonly lotsPerSecond: Estimate;
  /** Expected share of the volume by fraction of the horizon is flat at this length; VWAP uses this curve. */
  readonly volumeCurve: readonly number[];
  /** Volatility of the mid, basis points a square-root second (1 s differences). */
  readonly volatilityBps: Estimate;
  /** The moments that the simulated market has to match, by name (market/estimators/moments.ts). */
  readonly moments: Readonly<Record<string, Estimate & { readonly unit: string }>>;
  readonly laws: readonly Law[];
  /** Further descriptive tables (regimes, resilience, imbalance response), for people. */
  readonly tables: Readonly<Record<string, unknown>>;
}

/** Fees and own impact as the profile has them. */
export function executionCosts(profile: MarketProfile): ExecutionCosts {
  return {
    makerFeeBps: profile.fees.makerBps.value,
    takerFeeBps: profile.fees.takerBps.value,
    transientTicksPerLot: profile.impact.transientTicksPerLot.value,
    impactDecayMs: profile.impact.decayMs.value,
    permanentTicksPerLot: profile.impact.permanentTicksPerLot.value,
  };
}
