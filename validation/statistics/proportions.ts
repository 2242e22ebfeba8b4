/** Breach rates. */
import { betaQuantile } from './distributions.ts';
import { requireThat } from './sample.ts';

/**
 * Clopper and Pearson's (1934) exact bounds of a rate, each one-sided at `confidence`.
 * 0 of n has the upper bound 1 - (1 - confidence)^(1/n). @throws ASSAY_CONFIG_OUT_OF_BOUNDS
 */
export function clopperPearson(breaches: number, trials: number, confidence = 0.95): { lower: number; upper: number } {
  requireThat(
    Number.isInteger(breaches) && Number.isInteger(trials) && breaches >= 0 && breaches <= trials && trials > 0,
    'Clopper-Pearson',
    `${breaches} of ${trials} is not a count out of a positive number`,
  );
  return {
    lower: breaches === 0 ? 0 : betaQuantile(1 - confidence, breaches, trials - breaches + 1),
    upper: breaches === trials ? 1 : betaQuantile(confidence, breaches + 1, trials - breaches),
  };
}
