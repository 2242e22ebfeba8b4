/** exp(-t / T) for times that are nearly always a few steps of the reaction clock: looked up there, computed elsewhere. */
import { REACTION_MS } from './view.ts';

const steps = 512;
const known = new Map<number, Decay>();

/** The decay of a time constant, ms. */
export function decayOf(timeMs: number): Decay {
  const made = known.get(timeMs) ?? new Decay(timeMs);
  known.set(timeMs, made);
  return made;
}

export class Decay {
  readonly #timeMs: number;
  readonly #table: Float64Array;

  constructor(timeMs: number) {
    this.#timeMs = timeMs;
    this.#table = Float64Array.from({ length: steps }, (_, k) => Math.exp(-(k * REACTION_MS) / timeMs));
  }

  /** What is left after `ms` >= 0: the same bits from the table as from the formula. */
  after(ms: number): number {
    const k = Math.floor(ms / REACTION_MS);
    return k < steps && k * REACTION_MS === ms ? this.#table[k] : Math.exp(-ms / this.#timeMs);
  }
}
