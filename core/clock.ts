/** Time is injected: nothing that is hashed or compared may read the machine's clock by itself. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until told otherwise. */
export function fixedClock(startMs: number): Clock & { set(ms: number): void } {
  let ms = startMs;
  return { now: () => ms, set: (next) => (ms = next) };
}
