/** Tests that may be looked at while they run. */
import { normalCdf, normalPdf, normalQuantile } from './distributions.ts';
import { requireThat } from './sample.ts';

export interface SequentialTest {
  readonly upper: number;
  readonly lower: number;
  readonly decision: 'accept-p1' | 'accept-p0' | 'continue';
  /** 1-based; null while it goes on. */
  readonly atObservation: number | null;
  /** At the stop, or at the end. */
  readonly logLikelihoodRatio: number;
}

/** Wald's (1945) sequential probability ratio test of a breach rate p0 against p1; `outcomes` are 1 for a breach, else 0. */
export function sequentialRatioTest(
  rates: { readonly p0: number; readonly p1: number },
  errors: { readonly alpha: number; readonly beta: number },
  outcomes: readonly number[],
): SequentialTest {
  const upper = Math.log((1 - errors.beta) / errors.alpha);
  const lower = Math.log(errors.beta / (1 - errors.alpha));
  const [hit, miss] = [Math.log(rates.p1 / rates.p0), Math.log((1 - rates.p1) / (1 - rates.p0))];
  let ratio = 0;
  for (const [index, outcome] of outcomes.entries()) {
    ratio += outcome ? hit : miss;
    if (ratio < upper && ratio > lower) continue;
    const decision = ratio >= upper ? 'accept-p1' : 'accept-p0';
    return { upper, lower, decision, atObservation: index + 1, logLikelihoodRatio: ratio };
  }
  return { upper, lower, decision: 'continue', atObservation: null, logLikelihoodRatio: ratio };
}

/**
 * Half-width of the normal-mixture confidence sequence (Robbins 1970): mean +- this holds at every t at once with
 * probability 1 - alpha. `mixture` is where it is tightest, roughly. Beside it the usual interval's, good for one t only.
 */
export function mixtureRadius(
  { sigma, alpha }: { readonly sigma: number; readonly alpha: number },
  observations: number,
  mixture: number,
): { radius: number; fixedSample: number } {
  const sum = observations + mixture;
  return {
    radius: (sigma * Math.sqrt(sum * Math.log(sum / (alpha * alpha * mixture)))) / observations,
    fixedSample: (sigma * normalQuantile(1 - alpha / 2)) / Math.sqrt(observations),
  };
}

/**
 * What peeking costs: the probability that |Z| passes the fixed-sample bound at one of `looks` equally spaced looks at a
 * driftless Brownian path (Armitage, McPherson and Rowe 1969). The density of the paths still inside is carried from look
 * to look by Gauss-Legendre quadrature; the increments are normal with variance 1 a look.
 */
export function peekingError(looks: number, alpha: number): number {
  requireThat(Number.isInteger(looks) && looks >= 1, 'peeking', `${looks} looks are not a whole number >= 1`);
  const bound = normalQuantile(1 - alpha / 2);
  let edge = bound;
  let { nodes, weights } = gaussLegendre(order, edge);
  let density = nodes.map(normalPdf);
  for (let k = 2; k <= looks; k++) {
    const nextEdge = bound * Math.sqrt(k);
    const next = gaussLegendre(order, nextEdge);
    const carried = next.nodes.map((y) =>
      nodes.reduce((sum, x, i) => sum + weights[i] * density[i] * normalPdf(y - x), 0),
    );
    [edge, nodes, weights, density] = [nextEdge, next.nodes, next.weights, carried];
  }
  if (looks === 1) return 2 * normalCdf(-edge);
  return 1 - weights.reduce((sum, weight, i) => sum + weight * density[i], 0);
}

/** Nodes a look; 96 of them agree with 64 to 1e-9 up to a hundred looks. */
const order = 96;

/** Gauss-Legendre nodes and weights on [-edge, edge], by Newton's method on the Legendre polynomial. */
function gaussLegendre(n: number, edge: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 100; step++) {
      let [p, previous] = [1, 0];
      for (let j = 0; j < n; j++) [p, previous] = [((2 * j + 1) * x * p - j * previous) / (j + 1), p];
      slope = (n * (x * p - previous)) / (x * x - 1);
      const move = p / slope;
      x -= move;
      if (Math.abs(move) < 1e-15) break;
    }
    nodes.push(-x * edge);
    weights.push((2 * edge) / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}
