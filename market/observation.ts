/**
 * What every policy sees of one parent order, raw: scaling for a network is part of the network's own file.
 * All in the order's own frame (near = where it rests, far = what it pays to cross), so that a sell is a mirrored buy.
 * Past returns are told only where they are extreme: five minutes of capture cannot teach a direction, and a run must be seen.
 */
import type { ExecutionSession } from './session.ts';

export interface ObservationField {
  readonly name: string;
  readonly unit: string;
  /** Typical centre and spread: a network sees (x - shift) / scale, clipped to [-5, 5]. */
  readonly shift: number;
  readonly scale: number;
}

export const OBSERVATION_FIELDS: readonly ObservationField[] = [
  { name: 'timeLeft', unit: 'fraction of the horizon', shift: 0.5, scale: 0.5 },
  { name: 'remaining', unit: 'fraction of the parent', shift: 0.5, scale: 0.5 },
  { name: 'imbalance', unit: 'in [-1, 1], near minus far', shift: 0, scale: 0.7 },
  { name: 'imbalanceMean', unit: 'the same, exponential mean over 1 s', shift: 0, scale: 0.7 },
  { name: 'nearLots', unit: 'ln(1 + lots)', shift: 6, scale: 2 },
  { name: 'farLots', unit: 'ln(1 + lots)', shift: 6, scale: 2 },
  { name: 'spread', unit: 'ln(ticks)', shift: 0, scale: 2 },
  { name: 'sinceMove', unit: 'ln(1 + seconds since the near touch moved)', shift: 0.7, scale: 0.7 },
  { name: 'lastMove', unit: 'basis points, up is positive, clipped to 3', shift: 0, scale: 1 },
  { name: 'resting', unit: 'fraction of the parent', shift: 0.25, scale: 0.5 },
  { name: 'ahead', unit: 'ln(1 + lots in front of the first child), -1 when none rests', shift: 3, scale: 3 },
  { name: 'opposingFlow', unit: 'ln(1 + lots, decaying over 5 s)', shift: 5, scale: 2 },
  { name: 'supportingFlow', unit: 'ln(1 + lots, decaying over 5 s)', shift: 5, scale: 2 },
  { name: 'marketVolume', unit: 'lots traded since arrival over the parent', shift: 5, scale: 5 },
  { name: 'impact', unit: 'own impact in force, basis points', shift: 0, scale: 0.5 },
  { name: 'marked', unit: 'shortfall so far with the rest at the mid, basis points beyond 25', shift: 0, scale: 5 },
  { name: 'trend', unit: 'mid above its 2 s mean, basis points against us beyond 12', shift: 0, scale: 2 },
];

export const OBSERVATION_SIZE = OBSERVATION_FIELDS.length;

/** Index of a field by name, for rules and schedules. */
export const FIELD = Object.fromEntries(OBSERVATION_FIELDS.map((field, i) => [field.name, i])) as Readonly<
  Record<string, number>
>;

/** How a network sees the fields: (x - shift) * scale, within clip. A field's scale is a spread; the network multiplies. */
export const OBSERVATION_SCALING = {
  shift: OBSERVATION_FIELDS.map((field) => field.shift),
  scale: OBSERVATION_FIELDS.map((field) => 1 / field.scale),
  clip: 5,
};

/** Write one order's observation at `offset`. */
export function observe(session: ExecutionSession, out: Float32Array, offset: number): void {
  const bpsPerTick = 1e4 / session.arrivalTicks;
  const moved = Math.min(3, Math.max(-3, session.movedTicks * bpsPerTick));
  out[offset] = Math.max(0, 1 - session.elapsedMs / session.horizonMs);
  out[offset + 1] = session.remaining / session.lots;
  out[offset + 2] = session.imbalance;
  out[offset + 3] = session.imbalanceMean;
  out[offset + 4] = Math.log1p(session.nearLots);
  out[offset + 5] = Math.log1p(session.farLots);
  out[offset + 6] = Math.log(Math.max(1, session.far - session.near));
  out[offset + 7] = Math.log1p((session.view.timeMs - session.movedMs) / 1000);
  out[offset + 8] = moved;
  out[offset + 9] = session.restingLots / session.lots;
  out[offset + 10] = session.restingLots > 0 ? Math.log1p(session.aheadLots) : -1;
  out[offset + 11] = Math.log1p(session.opposingFlow);
  out[offset + 12] = Math.log1p(session.supportingFlow);
  out[offset + 13] = session.marketLots / session.lots;
  out[offset + 14] = session.impactTicks * bpsPerTick;
  out[offset + 15] = Math.min(100, Math.max(0, session.markedBps - 25));
  out[offset + 16] = beyond(session.trendBps, 12, 30);
}

/** The part of x beyond `threshold` either way, at most `most`. */
function beyond(x: number, threshold: number, most: number): number {
  return Math.sign(x) * Math.min(most, Math.max(0, Math.abs(x) - threshold));
}
