/**
 * Implementation shortfall of an order in an inverse perpetual, in parts that add up to the total exactly.
 *
 * A contract of F USD is worth F / p coin at price p, so a fill costs `side * lots * F * (1/benchmark - 1/price)` coin. Every
 * such worth is rounded once, to a whole number of 1e-12 coin, and every part is a difference of rounded worths: the
 * benchmarks telescope, so the integer parts add up to the integer total with nothing left over. The total is computed by
 * itself, as paper profit minus actual profit. Basis points of the arrival notional follow by one division and are for reading.
 *
 * Perold (1988); decision to arrival is counted as delay for the whole order (Kissell's expanded form).
 */
import { AssayError } from '../core/errors.ts';
import type { Side } from './cost.ts';
import { type Instrument, ticksPerUsd } from './instrument.ts';

/** One fill with the prices it is measured against, all in ticks; half and smaller fractions of a tick are allowed. */
export interface InverseFill {
  readonly lots: number;
  readonly ticks: number;
  /** Mid just before the fill. */
  readonly midTicks: number;
  /**
   * Price that was quoted to us: the touch we crossed or rested at. The step from it to the price is impact (levels walked,
   * own pressure). Left out, the whole step from the mid counts as spread.
   */
  readonly quoteTicks?: number;
  /** Fee rate, basis points of the traded notional; negative is a rebate. */
  readonly feeBps: number;
}

export interface InverseOrder {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly lots: number;
  /** Mids in ticks: at the decision (left out: the arrival's), at arrival, and at the end, where what did not fill is valued. */
  readonly decisionTicks?: number;
  readonly arrivalTicks: number;
  readonly endTicks: number;
  readonly fills: readonly InverseFill[];
}

export const shortfallParts = ['delay', 'timing', 'spread', 'impact', 'fees', 'opportunity'] as const;
export type ShortfallPart = (typeof shortfallParts)[number];

export interface InverseShortfall {
  /** Whole numbers of 1e-12 coin: `total` is the sum of the parts, exactly. */
  readonly picoCoin: Readonly<Record<ShortfallPart | 'total' | 'arrivalNotional', number>>;
  /** Basis points of the arrival notional. */
  readonly bps: Readonly<Record<ShortfallPart | 'total', number>>;
  readonly filledLots: number;
}

/** @throws ASSAY_NOT_FINITE for a price, size or fee that is not a number; ASSAY_CONFIG_OUT_OF_BOUNDS when more filled than was ordered */
export function inverseShortfall(order: InverseOrder): InverseShortfall {
  const { side, lots, arrivalTicks, endTicks, fills } = order;
  const decisionTicks = order.decisionTicks ?? arrivalTicks;
  const worth = (size: number, ticks: number) => worthPico(order.instrument, size, ticks);
  const sums = { delay: 0n, timing: 0n, spread: 0n, impact: 0n, fees: 0n, opportunity: 0n };
  let [filledLots, actual, paper] = [0, 0n, 0n];

  for (const fill of fills) {
    const quoteTicks = fill.quoteTicks ?? fill.ticks;
    const atDecision = worth(fill.lots, decisionTicks);
    const atArrival = worth(fill.lots, arrivalTicks);
    const atMid = worth(fill.lots, fill.midTicks);
    const atQuote = worth(fill.lots, quoteTicks);
    const atFill = worth(fill.lots, fill.ticks);
    const fee = roundToBigInt(Number(atFill) * (fill.feeBps / 1e4), 'the fee of a fill');
    sums.delay += atDecision - atArrival;
    sums.timing += atArrival - atMid;
    sums.spread += atMid - atQuote;
    sums.impact += atQuote - atFill;
    sums.fees += fee;
    const atEnd = worth(fill.lots, endTicks);
    paper += atDecision - atEnd;
    actual += atFill - atEnd - BigInt(side) * fee;
    filledLots += fill.lots;
  }
  const unfilled = lots - filledLots;
  if (unfilled < 0)
    throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: 'fills', reason: `${filledLots} of ${lots} lots` });
  if (unfilled > 0) {
    sums.delay += worth(unfilled, decisionTicks) - worth(unfilled, arrivalTicks);
    sums.opportunity += worth(unfilled, arrivalTicks) - worth(unfilled, endTicks);
    paper += worth(unfilled, decisionTicks) - worth(unfilled, endTicks);
  }
  const signed = (value: bigint) => Number(BigInt(side) * value);
  const arrivalNotional = Number(worth(lots, arrivalTicks));
  const picoCoin = {
    delay: signed(sums.delay),
    timing: signed(sums.timing),
    spread: signed(sums.spread),
    impact: signed(sums.impact),
    fees: Number(sums.fees),
    opportunity: signed(sums.opportunity),
    total: signed(paper - actual),
    arrivalNotional,
  };
  const bps = Object.fromEntries(
    [...shortfallParts, 'total' as const].map((part) => [part, (1e4 * picoCoin[part]) / arrivalNotional]),
  ) as Record<ShortfallPart | 'total', number>;
  return { picoCoin, bps, filledLots };
}

/** Coin value of `lots` at a price, in whole 1e-12 coin. A double holds it to far better than that below 1,000 coin. */
function worthPico(instrument: Instrument, lots: number, ticks: number): bigint {
  if (!(lots >= 0 && ticks > 0))
    throw new AssayError('ASSAY_NOT_FINITE', { what: `a fill of ${lots} lots at ${ticks} ticks` });
  return roundToBigInt((1e12 * lots * instrument.lotUsd * ticksPerUsd(instrument)) / ticks, 'the worth of a fill');
}

function roundToBigInt(value: number, what: string): bigint {
  const whole = Math.round(value);
  if (!Number.isSafeInteger(whole))
    throw new AssayError('ASSAY_NOT_FINITE', { what: `${what} in 1e-12 coin (${value})` });
  return BigInt(whole);
}
