/**
 * The baselines: schedules of how much should be left at each time, worked by taking or by resting children.
 * TWAP, VWAP, POV and Almgren-Chriss (2001) differ in the curve alone.
 */
import { FIELD, OBSERVATION_SIZE } from './observation.ts';
import { ACTION_SIZE, type Policy } from './policy.ts';

export type Family = 'twap' | 'vwap' | 'pov' | 'almgren-chriss';

/** A schedule as it is stored, approved and executed. Every number is part of its identity. */
export interface ScheduleSpec {
  readonly kind: 'schedule';
  readonly family: Family;
  readonly children: 'taker' | 'passive';
  /** Slices of the horizon; the target moves at their ends. */
  readonly slices: number;
  /** Passive: how far ahead of the target to rest, as a fraction of the horizon. 1 rests everything at once. */
  readonly lead: number;
  /** Passive: cross what is behind the target by more than this fraction of the parent; 1 never crosses before the end. */
  readonly tolerance: number;
  /** POV: share of the market's volume. */
  readonly participation: number;
  /** Almgren-Chriss: kappa times the horizon; 0 is TWAP. */
  readonly urgency: number;
  /** VWAP: cumulative share of the volume at equal fractions of the horizon, from 0 to 1. */
  readonly volumeCurve: readonly number[];
}

/** Fraction of the parent that should be left at fraction `t` of the horizon (POV: after `volume` parents traded). */
export function targetRemaining(spec: ScheduleSpec, t: number, volume: number): number {
  const slice = Math.min(1, Math.ceil(Math.min(1, Math.max(0, t)) * spec.slices - 1e-9) / spec.slices);
  switch (spec.family) {
    case 'twap':
      return 1 - slice;
    case 'vwap':
      return 1 - curveAt(spec.volumeCurve, slice);
    case 'pov':
      return Math.max(0, 1 - spec.participation * volume);
    case 'almgren-chriss':
      return spec.urgency < 1e-6 ? 1 - slice : Math.sinh(spec.urgency * (1 - slice)) / Math.sinh(spec.urgency);
    default:
      return spec.family satisfies never;
  }
}

/** The schedule as a policy. */
export function schedulePolicy(spec: ScheduleSpec): Policy {
  return {
    name: scheduleName(spec),
    decide(observations, actions, count) {
      for (let i = 0; i < count; i++) {
        const row = i * OBSERVATION_SIZE;
        const elapsed = 1 - observations[row + FIELD.timeLeft];
        const remaining = observations[row + FIELD.remaining];
        const volume = observations[row + FIELD.marketVolume];
        decideOne(spec, { elapsed, remaining, volume }, actions.subarray(i * ACTION_SIZE, (i + 1) * ACTION_SIZE));
      }
    },
  };
}

export function scheduleName(spec: ScheduleSpec): string {
  const labels = { twap: 'TWAP', vwap: 'VWAP', pov: 'POV', 'almgren-chriss': 'Almgren-Chriss' } as const;
  return `${labels[spec.family]}, ${spec.children}`;
}

interface Progress {
  /** Fraction of the horizon gone, fraction of the parent left, parents traded by the market. */
  readonly elapsed: number;
  readonly remaining: number;
  readonly volume: number;
}

function decideOne(spec: ScheduleSpec, { elapsed, remaining, volume }: Progress, action: Float32Array): void {
  action[0] = 0;
  action[1] = 0;
  action[2] = 1;
  if (remaining <= 0) return;
  const target = targetRemaining(spec, elapsed, volume);
  if (spec.children === 'taker') {
    action[1] = Math.min(1, Math.max(0, remaining - target) / remaining);
    return;
  }
  const late = Math.max(0, remaining - target - spec.tolerance);
  action[1] = Math.min(1, late / remaining);
  const ahead = targetRemaining(spec, elapsed + spec.lead, volume * (1 + spec.lead / Math.max(0.02, elapsed)));
  const left = remaining - late;
  action[0] = left > 0 ? Math.min(1, Math.max(0, left - (spec.lead >= 1 ? 0 : ahead)) / left) : 0;
}

function curveAt(curve: readonly number[], t: number): number {
  const x = t * (curve.length - 1);
  const i = Math.min(curve.length - 2, Math.floor(x));
  return curve[i] + (curve[i + 1] - curve[i]) * (x - i);
}
