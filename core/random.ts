/**
 * Named random streams. One seed and a path of names give one stream; two different paths give independent ones,
 * so an action taken by one subsystem never shifts what another draws (common random numbers).
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna 2018), state filled by SplitMix32 from two MurmurHash3 digests of the path.
 * Uses only integer operations, `Math.log`, `Math.sqrt` and `Math.cos`, which V8 computes in software: equal on every machine.
 */
export interface Random {
  /** Uniform integer in [0, 2^32). */
  u32(): number;
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Exponential with mean 1. */
  exponential(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
}

/** The stream named by `seed` and `path`. */
export function randomStream(seed: number | string, ...path: readonly (number | string)[]): Xoshiro128 {
  const generator = new Xoshiro128();
  generator.seed(streamKey(seed, ...path));
  return generator;
}

/** 64 bits that name a family of streams; the members are numbered. */
export interface StreamKey {
  readonly high: number;
  readonly low: number;
}

/** The key of a path, for callers that reseed one generator many times. */
export function streamKey(seed: number | string, ...path: readonly (number | string)[]): StreamKey {
  const text = `${seed}/${path.join('/')}`;
  return { high: murmur3(text, 0x2f0b4c47), low: murmur3(text, 0x6b43a9b5) };
}

/** xoshiro128**: a class because it is a handful of mutable words on the hottest path. */
export class Xoshiro128 implements Random {
  #a = 1;
  #b = 2;
  #c = 3;
  #d = 4;
  #spare = Number.NaN;

  /** Begin member `index` of the family `key`. */
  seed(key: StreamKey, index = 0): void {
    const x = key.high ^ splitMix(index);
    const y = (key.low + Math.imul(index, 0x9e3779b9)) | 0;
    this.#a = splitMix(x);
    this.#b = splitMix(x ^ y ^ 0x5bd1e995);
    this.#c = splitMix(y);
    this.#d = splitMix((x + y) | 0) | 1;
    this.#spare = Number.NaN;
    for (let i = 0; i < 4; i++) this.u32();
  }

  u32(): number {
    const b = this.#b;
    const m = Math.imul(b, 5);
    const result = Math.imul((m << 7) | (m >>> 25), 9) >>> 0;
    const t = b << 9;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  uniform(): number {
    return this.u32() * 2.3283064365386963e-10;
  }

  /** Box and Muller (1958); the second value is kept for the next call. */
  normal(): number {
    const spare = this.#spare;
    if (spare === spare) {
      this.#spare = Number.NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log((this.u32() + 1) * 2.3283064365386963e-10));
    const angle = this.u32() * 1.4629180792671596e-9;
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  exponential(): number {
    return -Math.log((this.u32() + 1) * 2.3283064365386963e-10);
  }

  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
}

/** One step of SplitMix32. */
function splitMix(x: number): number {
  let z = (x + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** MurmurHash3 x86 32-bit (Appleby, public domain) of the UTF-16 code units of `text`. */
function murmur3(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h ^= text.length * 2;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
