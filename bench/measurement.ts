/** What a bench is and what it answers; how it takes time. */

/** One line of `npm run bench -- --json`, with exactly these keys. */
export interface Measurement {
  readonly bench: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  /** The same of a foreign implementation, in the same unit; null where there is none on this machine. */
  readonly peer: number | null;
  /** How many times faster than the peer; null without one. */
  readonly ratio: number | null;
}

export interface Setting {
  /** Sizes that only show that a bench runs. */
  readonly quick: boolean;
  /** A folder of this run; it is removed at the end. */
  readonly scratch: string;
}

export interface Bench {
  readonly name: string;
  run(setting: Setting): Promise<readonly Measurement[]>;
}

/** A measurement without a peer. */
export function alone(measured: Omit<Measurement, 'peer' | 'ratio'>): Measurement {
  return { ...measured, peer: null, ratio: null };
}

/** Seconds that `run` took, and its result. */
export async function timed<T>(run: () => T | Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const start = performance.now();
  const result = await run();
  return { seconds: (performance.now() - start) / 1000, result };
}

/** Times of `times` calls one after the other, milliseconds in ascending order, after a tenth as many to warm up. */
export async function timesMs(times: number, run: (i: number) => unknown): Promise<Float64Array> {
  const warm = Math.ceil(times / 10);
  const taken = new Float64Array(times);
  for (let i = -warm; i < times; i++) {
    const start = performance.now();
    const pending = run(i + warm);
    if (pending instanceof Promise) await pending;
    if (i >= 0) taken[i] = performance.now() - start;
  }
  return taken.sort();
}

/** The smallest of ascending values that at least a share `q` of them does not exceed. */
export function quantile(ascending: Float64Array, q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)];
}
