/** Estimates a market profile from a recorded book: every number with its interval, every law with its quantiles. */
import { AssayError } from '../core/errors.ts';
import { estimateBookLaw } from '../market/estimators/book-law.ts';
import { depthCurve, resilienceMs } from '../market/estimators/depth.ts';
import { type Grid, gridTape } from '../market/estimators/grid.ts';
import { momentEstimate, moments } from '../market/estimators/moments.ts';
import type { Instrument } from '../market/instrument.ts';
import type { CitedInput, MarketProfile } from '../market/profile.ts';
import type { BookTape } from '../market/tape.ts';
import { REACTION_MS } from '../market/view.ts';
import { regimeTables } from './regimes.ts';

export interface ProfileInputs {
  readonly instrument: Instrument;
  readonly dataset: string;
  readonly segment: string;
  /** What five minutes cannot identify. */
  readonly fees: { readonly makerBps: CitedInput; readonly takerBps: CitedInput };
  readonly permanentTicksPerLot: CitedInput;
  readonly seed: number;
}

/**
 * Everything but the reversion of the book law and the laws' distance to the simulated market, which need a simulator:
 * the caller fits those (activities/calibrate.ts).
 * @throws ASSAY_PROFILE_INVALID when the stretch is too short or a number cannot be estimated
 */
export function estimateProfile(source: BookTape, inputs: ProfileInputs): { profile: MarketProfile; grid: Grid } {
  const grid = gridTape(source.tape, REACTION_MS);
  const seconds = (grid.length * REACTION_MS) / 1000;
  if (seconds < 120) {
    throw new AssayError('ASSAY_PROFILE_INVALID', {
      reason: `${seconds.toFixed(0)} s are too short; 120 s are needed`,
    });
  }
  const { seed } = inputs;
  const measured = Object.fromEntries(
    moments(grid).map((moment) => [moment.name, { ...momentEstimate(moment, seed), unit: moment.unit }]),
  );
  const depth = depthCurve(source, seed);
  const profile: MarketProfile = {
    version: 1,
    instrument: inputs.instrument,
    dataset: inputs.dataset,
    segment: inputs.segment,
    seconds,
    referenceTicks: grid.bidTicks[0],
    fees: inputs.fees,
    book: estimateBookLaw(grid, { strength: 0, timeMs: 5000, scaleTicks: 200 }),
    depth: { lots: depth.lots, slippageTicks: depth.slippageTicks },
    impact: {
      transientTicksPerLot: depth.ticksPerLot,
      decayMs: resilienceMs(grid, seed),
      permanentTicksPerLot: inputs.permanentTicksPerLot,
    },
    lotsPerSecond: estimateOf(measured, 'tradedVolume'),
    volumeCurve: volumeCurve(grid),
    volatilityBps: estimateOf(measured, 'volatility1s'),
    moments: measured,
    laws: [],
    tables: { ...regimeTables(grid), depthIntervals: depth.intervals },
  };
  refuseNotFinite(profile, 'profile');
  return { profile, grid };
}

function estimateOf(measured: MarketProfile['moments'], name: string): MarketProfile['lotsPerSecond'] {
  const { value, low, high } = measured[name];
  return { value, low, high };
}

/** Cumulative share of the volume over a horizon: the capture folded onto one minute, in sixths, made monotone by summing. */
function volumeCurve(grid: Grid): number[] {
  const parts = 6;
  const perMinute = 60_000 / grid.stepMs;
  const lots = new Float64Array(parts);
  const whole = Math.floor(grid.length / perMinute) * perMinute;
  for (let k = 0; k < whole; k++) {
    lots[Math.floor(((k % perMinute) * parts) / perMinute)] += grid.soldLots[k] + grid.boughtLots[k];
  }
  const total = lots.reduce((sum, x) => sum + x, 0);
  let sum = 0;
  return [0, ...Array.from(lots, (x) => (sum += x) / total)].map((x, i) => (i === parts ? 1 : x));
}

function refuseNotFinite(value: unknown, where: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new AssayError('ASSAY_PROFILE_INVALID', { reason: `${where} is ${value}` });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) refuseNotFinite(member, `${where}.${key}`);
}
