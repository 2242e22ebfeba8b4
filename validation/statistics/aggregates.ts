/** Aggregates over runs and tasks (Agarwal and others 2021, "rliable"), and almost stochastic order. More is better. */
import { mean, type Sample, sorted } from './sample.ts';

/** Scores by run, then by task. */
export type Scores = readonly (readonly number[])[];

const column = (scores: Scores, task: number): number[] => scores.map((run) => run[task]);
const tasksOf = (scores: Scores): number[] => Array.from(scores[0], (_, task) => task);

/** Interquartile mean of all scores: floor(n / 4) dropped at either end. */
export function interquartileMean(scores: Scores): number {
  const ascending = sorted(scores.flat());
  const cut = Math.floor(ascending.length / 4);
  return mean(ascending.subarray(cut, ascending.length - cut));
}

/** Median over tasks of the mean over runs. */
export function medianOfMeans(scores: Scores): number {
  const means = sorted(tasksOf(scores).map((task) => mean(column(scores, task))));
  const half = means.length >> 1;
  return means.length % 2 === 1 ? means[half] : (means[half - 1] + means[half]) / 2;
}

/** How far the scores stay below `target`, those above it not counted as more. */
export function optimalityGap(scores: Scores, target = 1): number {
  return target - mean(scores.flat().map((score) => Math.min(score, target)));
}

/** P(X > Y): the share of pairs of runs in which x is better, ties one half, averaged over tasks. */
export function probabilityOfImprovement(x: Scores, y: Scores): number {
  return mean(
    tasksOf(x).map((task) => {
      const [a, b] = [column(x, task), column(y, task)];
      return mean(a.map((ai) => mean(b.map((bi) => (ai > bi ? 1 : ai === bi ? 0.5 : 0)))));
    }),
  );
}

/** Share of scores above each tau. */
export function performanceProfile(scores: Scores, taus: readonly number[]): number[] {
  const all = scores.flat();
  return taus.map((tau) => all.filter((score) => score > tau).length / all.length);
}

/**
 * Almost stochastic order of a over b (del Barrio, Cuesta-Albertos and Matran 2018; Dror and others 2019): 0 when a
 * dominates, below 0.5 when it almost does; null when both have the same quantiles.
 */
export function almostStochasticOrder(a: Sample, b: Sample): number | null {
  const [x, y] = [sorted(a), sorted(b)];
  let [violation, total] = [0, 0];
  for (let i = 0, j = 0, at = 0; i < x.length && j < y.length; ) {
    // The next step of either quantile function, compared as whole numbers so that equal fractions are equal.
    const [left, right] = [(i + 1) * y.length, (j + 1) * x.length];
    const next = Math.min(left, right);
    const square = (next - at) * (x[i] - y[j]) ** 2;
    total += square;
    if (y[j] > x[i]) violation += square;
    at = next;
    if (left === next) i++;
    if (right === next) j++;
  }
  return total > 0 ? violation / total : null;
}
