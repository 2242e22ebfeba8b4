/** The distributions the tests need, under short names; quantiles that the library lacks are inverted here. */
import stdlibBetaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import stdlibNormalCdf from '@stdlib/stats-base-dists-normal-cdf';
import stdlibNormalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import stdlibTCdf from '@stdlib/stats-base-dists-t-cdf';

export const normalCdf = (z: number): number => stdlibNormalCdf(z, 0, 1);
export const normalQuantile = (p: number): number => stdlibNormalQuantile(p, 0, 1);
export const normalPdf = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
export const betaQuantile = (p: number, alpha: number, beta: number): number => stdlibBetaQuantile(p, alpha, beta);
export const studentCdf = (t: number, degrees: number): number => stdlibTCdf(t, degrees);

/** Quantile of Student's t by bisection on its distribution function, to 1e-12 relative. */
export function studentQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  let [low, high] = [0, 2];
  while (studentCdf(high, degrees) < p && high < 1e300) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * Math.max(1, high); i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
