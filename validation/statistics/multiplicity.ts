/** Many tests at once, and tests that need no distribution. */
import { mean, requireFinite, requireThat, type Sample } from './sample.ts';

/** Holm's (1979) step-down: adjusted p-values in the order given, and which are at most `alpha`. */
export function holm(pValues: Sample, alpha = 0.05): { adjusted: number[]; reject: boolean[] } {
  requireFinite('the p-values', pValues);
  const m = pValues.length;
  const order = Array.from(pValues, (_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = Array.from(pValues, () => 0);
  let running = 0;
  for (const [rank, i] of order.entries()) {
    running = Math.max(running, Math.min(1, (m - rank) * pValues[i]));
    adjusted[i] = running;
  }
  return { adjusted, reject: adjusted.map((p) => p <= alpha) };
}

/** More differences than this would take more than a million sign patterns. */
const mostSigns = 20;

/**
 * Exact sign-flip test of paired differences (Fisher 1935): the share of all 2^n sign patterns whose mean is at most the
 * observed one; small when the candidate's costs are lower. Assumes a symmetric null. At most 20 differences.
 * @throws ASSAY_NOT_FINITE, ASSAY_CONFIG_OUT_OF_BOUNDS
 */
export function signFlip(gaps: Sample): { mean: number; pValue: number } {
  requireFinite('the differences', gaps);
  const n = gaps.length;
  requireThat(n <= mostSigns, 'sign-flip test', `${n} differences are more than ${mostSigns}`);
  const observed = mean(gaps) * n;
  const patterns = 2 ** n;
  let count = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (pattern >> i) & 1 ? -gaps[i] : gaps[i];
    if (sum <= observed + 1e-12 * n) count++;
  }
  return { mean: mean(gaps), pValue: count / patterns };
}
