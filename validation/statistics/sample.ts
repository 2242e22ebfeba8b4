/** Moments and quantiles of one sample, and the rule that a number that is missing or not finite denies. */
import { AssayError } from '../../core/errors.ts';

/** Any array of numbers; typed arrays included. */
export type Sample = ArrayLike<number>;

/**
 * `sample` itself, when it holds `length` finite numbers (any positive number of them when `length` is left out).
 * @throws ASSAY_NOT_FINITE naming the first that is missing, NaN or infinite
 */
export function requireFinite(what: string, sample: Sample, length = Math.max(1, sample.length)): Sample {
  for (let i = 0; i < Math.max(length, sample.length); i++) {
    if (i >= length || !Number.isFinite(sample[i]))
      throw new AssayError('ASSAY_NOT_FINITE', {
        what: `number ${i + 1} of ${length} of ${what}${i < sample.length ? ` (${sample[i]})` : ' (missing)'}`,
      });
  }
  return sample;
}

/** @throws ASSAY_CONFIG_OUT_OF_BOUNDS unless `holds` */
export function requireThat(holds: boolean, where: string, reason: string): void {
  if (!holds) throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where, reason });
}

/** Arithmetic mean; NaN of nothing. */
export function mean(sample: Sample): number {
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += sample[i];
  return sum / sample.length;
}

/** Central moment of order `order` about the mean, divided by n. */
export function centralMoment(sample: Sample, order: number): number {
  const centre = mean(sample);
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += (sample[i] - centre) ** order;
  return sum / sample.length;
}

/** Unbiased variance, divided by n - 1; NaN for fewer than two numbers. */
export function variance(sample: Sample): number {
  const n = sample.length;
  return n > 1 ? (centralMoment(sample, 2) * n) / (n - 1) : Number.NaN;
}

export function stdev(sample: Sample): number {
  return Math.sqrt(variance(sample));
}

/** Population skewness, m3 / m2^1.5. */
export function skewness(sample: Sample): number {
  return centralMoment(sample, 3) / centralMoment(sample, 2) ** 1.5;
}

/** Population kurtosis, m4 / m2^2: raw, 3 for a normal. */
export function kurtosis(sample: Sample): number {
  return centralMoment(sample, 4) / centralMoment(sample, 2) ** 2;
}

/** A sorted copy, ascending. */
export function sorted(sample: Sample): Float64Array {
  return Float64Array.from(sample).sort();
}

/** Quantile of an ascending sample by linear interpolation (Hyndman and Fan 1996, type 7). `p` in [0, 1]. */
export function quantileOfSorted(ascending: Sample, p: number): number {
  const x = Math.min(1, Math.max(0, p)) * (ascending.length - 1);
  const i = Math.min(ascending.length - 1, Math.floor(x));
  const next = Math.min(ascending.length - 1, i + 1);
  // Also keeps an infinite neighbour from turning an exact hit into NaN.
  if (x === i || ascending[next] === ascending[i]) return ascending[i];
  return ascending[i] + (ascending[next] - ascending[i]) * (x - i);
}

/** a[i] - b[i]. @throws ASSAY_NOT_FINITE when the two are not of one length or hold something that is not finite */
export function differences(a: Sample, b: Sample): Float64Array {
  requireFinite('the first series', a);
  requireFinite('the second series', b, a.length);
  return Float64Array.from(a, (value, i) => value - b[i]);
}
