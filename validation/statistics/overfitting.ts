/** Was the best of many only the luckiest? Cross-validation that respects time. */
import { mean, requireThat } from './sample.ts';

/** Every way to choose k of 0..n-1, in lexicographic order. */
export function combinations(n: number, k: number): number[][] {
  const chosen: number[][] = [];
  const extend = (prefix: readonly number[], from: number): void => {
    if (prefix.length === k) chosen.push([...prefix]);
    else for (let i = from; i <= n - (k - prefix.length); i++) extend([...prefix, i], i + 1);
  };
  extend([], 0);
  return chosen;
}

export interface BacktestOverfitting {
  readonly splits: number;
  /** Probability of backtest overfitting: share of splits whose winner falls to the median or below out of sample. */
  readonly probability: number;
  /** Logit of the winner's relative out-of-sample rank, one a split. */
  readonly lambdas: readonly number[];
}

/**
 * Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017). `rows`: one row a period,
 * one column a configuration, more is better; the oldest rows are dropped until `blocks` (even) divides their number.
 * Metric: mean. The winner is the first of the best in sample; ties out of sample share their rank; lambda 0 counts as overfit.
 */
export function backtestOverfitting(rows: readonly (readonly number[])[], blocks: number): BacktestOverfitting {
  requireThat(blocks >= 2 && blocks % 2 === 0, 'PBO', `${blocks} blocks are not an even number >= 2`);
  requireThat(rows.length >= blocks, 'PBO', `${rows.length} rows are fewer than ${blocks} blocks`);
  const size = Math.floor(rows.length / blocks);
  const kept = rows.slice(rows.length - size * blocks);
  const configurations = kept[0].length;
  const averages = (chosen: readonly number[]): number[] => {
    const part = chosen.flatMap((block) => kept.slice(block * size, (block + 1) * size));
    return Array.from({ length: configurations }, (_, c) => mean(part.map((row) => row[c])));
  };
  const lambdas = combinations(blocks, blocks / 2).map((inSample) => {
    const inside = averages(inSample);
    const outside = averages(Array.from({ length: blocks }, (_, b) => b).filter((b) => !inSample.includes(b)));
    const best = Math.max(...inside);
    const winner = outside[inside.findIndex((value) => isTie(value, best))];
    const ties = outside.filter((value) => isTie(value, winner)).length;
    const below = outside.filter((value) => value < winner && !isTie(value, winner)).length;
    const share = (below + (ties + 1) / 2) / (configurations + 1);
    return Math.log(share / (1 - share));
  });
  return {
    splits: lambdas.length,
    probability: lambdas.filter((lambda) => lambda <= 0).length / lambdas.length,
    lambdas,
  };
}

/** Means of the same numbers in another order differ by rounding alone; that is a tie. */
function isTie(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Combinatorial purged cross-validation: how many splits, and how many whole paths they make. */
export function purgedSplits(groups: number, testGroups: number): { splits: number; paths: number } {
  let splits = 1;
  for (let i = 1; i <= testGroups; i++) splits = (splits * (groups - testGroups + i)) / i;
  return { splits, paths: Math.round((splits * testGroups) / groups) };
}

/**
 * Training samples that leak nothing: those whose label interval meets no test sample's (touching counts) and that do not
 * begin within `embargo` after the end of a block of contiguous test samples (Lopez de Prado 2018, chapter 7).
 */
export function purge(
  labels: readonly (readonly [start: number, end: number])[],
  test: readonly number[],
  embargo: number,
): number[] {
  const inTest = new Set(test);
  const ends = [...inTest]
    .sort((a, b) => a - b)
    .reduce<{ last: number; end: number }[]>((blocks, index) => {
      const block = blocks.at(-1);
      const end = labels[index][1];
      if (block && block.last === index - 1) blocks[blocks.length - 1] = { last: index, end: Math.max(block.end, end) };
      else blocks.push({ last: index, end });
      return blocks;
    }, []);
  return labels.flatMap(([start, end], index) => {
    if (inTest.has(index)) return [];
    const overlaps = test.some((t) => start <= labels[t][1] && labels[t][0] <= end);
    const embargoed = ends.some((block) => start > block.end && start <= block.end + embargo);
    return overlaps || embargoed ? [] : [index];
  });
}
