import { AssayError } from '../core/errors.ts';

/** What is traded, in the units everything else counts in: prices in integer ticks, sizes in integer lots. */
export interface Instrument {
  readonly symbol: string;
  /** An inverse perpetual is quoted in USD, sized in contracts of fixed USD face value, and settled in coin. */
  readonly kind: 'inverse-perpetual';
  readonly coin: string;
  /** USD per tick, as the decimal string the venue states. */
  readonly tickUsd: string;
  /** USD of face value in one lot (contract). */
  readonly lotUsd: number;
}

/** Ticks per USD, an integer: 10 for a tick of 0.1. */
export function ticksPerUsd(instrument: Instrument): number {
  return Math.round(1 / Number(instrument.tickUsd));
}

/**
 * The line of the first market. Tick and contract size: Binance COIN-M futures contract specification
 * (BTCUSD perpetual: contract 100 USD, price tick 0.1 USD).
 */
export const btcusdPerp: Instrument = {
  symbol: 'BTCUSD_PERP',
  kind: 'inverse-perpetual',
  coin: 'BTC',
  tickUsd: '0.1',
  lotUsd: 100,
};

const instruments: Readonly<Record<string, Instrument>> = { 'btcusd-perp': btcusdPerp };

/** What a model line trades. @throws ASSAY_CONFIG_OUT_OF_BOUNDS for a line that no instrument is known for */
export function instrumentOf(line: string): Instrument {
  const instrument = Object.hasOwn(instruments, line) ? instruments[line] : undefined;
  if (instrument !== undefined) return instrument;
  const known = Object.keys(instruments).join(', ');
  throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: `line ${line}`, reason: `known lines are ${known}` });
}
