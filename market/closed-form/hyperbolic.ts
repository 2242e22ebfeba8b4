/** sinh(k a) / sinh(k b) for 0 <= a <= b: a / b in the limit k -> 0, and no overflow for a large k. */
export function sinhRatio(k: number, a: number, b: number): number {
  if (k * b < 1e-8) return a / b;
  return (Math.exp(k * (a - b)) * Math.expm1(-2 * k * a)) / Math.expm1(-2 * k * b);
}
