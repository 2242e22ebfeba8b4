/**
 * Kratz and Schoeneborn (2014, "Optimal liquidation in dark pools"), one asset: lit trading at rate v costs L v^2 a unit
 * of time, holding x costs alpha x^2, and a dark order for the whole remainder fills at Poisson rate theta, free of impact.
 */
import { sinhRatio } from './hyperbolic.ts';

export interface LitPlusDark {
  /** theta, per time. */
  readonly darkIntensity: number;
  /** L: money times time a squared unit. */
  readonly litCost: number;
  /** alpha: money a squared unit and time. */
  readonly risk: number;
  readonly horizon: number;
  readonly quantity: number;
}

/** The optimum at `elapsed`, as long as the dark order has not filled. */
export function litPlusDark(
  model: LitPlusDark,
  elapsed: number,
): {
  /** Cost of what is left = coefficient * remaining^2. */
  coefficient: number;
  cost: number;
  litRate: number;
  darkOrder: number;
  remaining: number;
  /** Share of the lit-only cost that the dark pool saves. */
  saving: number;
} {
  const { darkIntensity: theta, litCost, risk, horizon, quantity } = model;
  const left = horizon - elapsed;
  const omega = Math.sqrt(theta ** 2 + (4 * risk) / litCost);
  const remaining = quantity * Math.exp((theta * elapsed) / 2) * sinhRatio(omega / 2, left, horizon);
  const coefficient = valueCoefficient(model, left);
  const litOnly = valueCoefficient({ ...model, darkIntensity: 0 }, left);
  return {
    coefficient,
    cost: coefficient * remaining ** 2,
    litRate: (coefficient * remaining) / litCost,
    darkOrder: remaining,
    remaining,
    saving: 1 - coefficient / litOnly,
  };
}

/** C(u) = L/2 (w coth(w u / 2) - theta), w = sqrt(theta^2 + 4 alpha / L); L / u in the limit. */
function valueCoefficient({ darkIntensity: theta, litCost, risk }: LitPlusDark, left: number): number {
  const omega = Math.sqrt(theta ** 2 + (4 * risk) / litCost);
  const half = (omega * left) / 2;
  const wCoth = half < 1e-6 ? (2 / left) * (1 + (half * half) / 3) : omega / Math.tanh(half);
  return (litCost / 2) * (wCoth - theta);
}
