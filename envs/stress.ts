/** Stress scenarios, as changes to a simulated market. Their sizes are fixed by the protocol. */
export interface Stress {
  readonly name: string;
  /** Multiplies every move of the mid. */
  readonly volatilityFactor: number;
  /** Divides displayed sizes and depth. */
  readonly depthDivisor: number;
  readonly spreadFactor: number;
  /** A sudden move of either sign. `shape(ms)` is the part of it in force after that many milliseconds, in [0, 1]. */
  readonly shock: { readonly bps: number; readonly shape: (ms: number) => number } | null;
}

export const CALM: Stress = { name: 'calm', volatilityFactor: 1, depthDivisor: 1, spreadFactor: 1, shock: null };

export interface StressSpec {
  readonly name: string;
  readonly volatilityFactor?: number | undefined;
  readonly depthDivisor?: number | undefined;
  readonly spreadFactor?: number | undefined;
  /** `bps` within `riseMs`, of which `recovered` comes back within `recoverMs` after. */
  readonly shock?:
    | {
        readonly bps: number;
        readonly riseMs: number;
        readonly recovered: number;
        readonly recoverMs: number;
      }
    | undefined;
}

export function stressOf(spec: StressSpec): Stress {
  const { shock } = spec;
  return {
    name: spec.name,
    volatilityFactor: spec.volatilityFactor ?? 1,
    depthDivisor: spec.depthDivisor ?? 1,
    spreadFactor: spec.spreadFactor ?? 1,
    shock: shock === undefined ? null : { bps: shock.bps, shape: (ms) => shockShape(shock, ms) },
  };
}

function shockShape(shock: NonNullable<StressSpec['shock']>, ms: number): number {
  if (ms <= shock.riseMs) return ms / shock.riseMs;
  return 1 - shock.recovered * Math.min(1, (ms - shock.riseMs) / shock.recoverMs);
}
