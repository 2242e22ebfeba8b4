import {
  almostStochasticOrder,
  interquartileMean,
  medianOfMeans,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  type Scores,
} from '../../../validation/statistics/aggregates.ts';
import { longRunVariance, neweyWestStatistic } from '../../../validation/statistics/dependence.ts';
import {
  dieboldMariano,
  type ForecastPair,
  jobsonKorkieMemmel,
} from '../../../validation/statistics/forecast-comparison.ts';
import { holm, signFlip } from '../../../validation/statistics/multiplicity.ts';
import { backtestOverfitting, purge, purgedSplits } from '../../../validation/statistics/overfitting.ts';
import { commonRandomNumbers, minimalDetectableEffect, sampleSize } from '../../../validation/statistics/power.ts';
import { clopperPearson } from '../../../validation/statistics/proportions.ts';
import { mean } from '../../../validation/statistics/sample.ts';
import { mixtureRadius, peekingError, sequentialRatioTest } from '../../../validation/statistics/sequential.ts';
import {
  deflatedSharpe,
  expectedMaximum,
  minimumBacktest,
  minimumTrackRecord,
  probabilisticSharpe,
  sharpeMoments,
  sharpeRatio,
} from '../../../validation/statistics/sharpe.ts';
import {
  acerbiSzekelyZ2,
  cvar,
  fz0Loss,
  normalTail,
  type TailForecast,
} from '../../../validation/statistics/tail-risk.ts';
import type { Problems } from '../handler.ts';

interface Sharpe {
  readonly sharpePerPeriod: number;
  readonly skewness: number;
  readonly kurtosis: number;
}
const momentsOf = (given: Sharpe) => ({
  sharpe: given.sharpePerPeriod,
  skewness: given.skewness,
  kurtosis: given.kurtosis,
});

export const problems = {
  'expected-max': ({ trials }: { trials: number }) => ({ expectedMaximum: expectedMaximum(trials) }),

  psr: (given: Sharpe & { periods: number; benchmarkPerPeriod: number }) => ({
    psr: probabilisticSharpe(momentsOf(given), given.periods, given.benchmarkPerPeriod),
  }),

  dsr: (given: Sharpe & { periods: number; trials: number; trialSharpeVariance: number }) => {
    const trials = { trials: given.trials, trialVariance: given.trialSharpeVariance };
    const { benchmark, probability } = deflatedSharpe(momentsOf(given), given.periods, trials);
    return { benchmarkPerPeriod: benchmark, dsr: probability };
  },

  'min-trl': (given: Sharpe & { benchmarkPerPeriod: number; confidence: number; periodsPerYear: number }) => {
    const periods = minimumTrackRecord(momentsOf(given), given.benchmarkPerPeriod, given.confidence);
    return { periods, years: periods === null ? null : periods / given.periodsPerYear };
  },

  'min-btl': (given: { trials: number; annualSharpe: number }) => ({
    years: minimumBacktest(given.trials, given.annualSharpe),
  }),

  sharpe: ({ returns, benchmark }: { returns: number[]; benchmark: number }) => ({
    sharpe: sharpeRatio(returns, benchmark),
  }),

  'sample-psr': ({ returns, benchmark }: { returns: number[]; benchmark: number }) => {
    const moments = sharpeMoments(returns, benchmark);
    return { ...moments, psrAgainstZero: probabilisticSharpe(moments, returns.length) };
  },

  pbo: ({ rows, blocks }: { rows: number[][]; blocks: number }) => {
    const { splits, probability, lambdas } = backtestOverfitting(rows, blocks);
    return { splits, pbo: probability, lambdas: lambdas.slice(0, 20) };
  },

  cpcv: ({ groups, testGroups }: { groups: number; testGroups: number }) => purgedSplits(groups, testGroups),

  purge: (given: { labelIntervals: [number, number][]; testIndices: number[]; embargo: number }) => ({
    trainIndices: purge(given.labelIntervals, given.testIndices, given.embargo),
  }),

  'diebold-mariano': (given: ForecastPair) => dieboldMariano(given),

  'newey-west': ({ differences, lag }: { differences: number[]; lag: number }) => ({
    longRunVariance: longRunVariance(differences, lag),
    statistic: neweyWestStatistic(differences, lag),
  }),

  'rl-aggregate': ({ scoresRunsByTasks: scores, target }: { scoresRunsByTasks: Scores; target: number }) => ({
    iqm: interquartileMean(scores),
    mean: mean(scores.flat()),
    median: medianOfMeans(scores),
    optimalityGap: optimalityGap(scores, target),
  }),

  'probability-of-improvement': ({ x, y }: { x: Scores; y: Scores }) => ({
    probability: probabilityOfImprovement(x, y),
  }),

  'performance-profile': ({ scoresRunsByTasks, taus }: { scoresRunsByTasks: Scores; taus: number[] }) => ({
    profile: performanceProfile(scoresRunsByTasks, taus),
  }),

  cvar: ({ losses, alpha }: { losses: number[]; alpha: number }) => ({ cvar: cvar(losses, alpha) }),

  'normal-es': (given: { alpha: number; mean: number; stdev: number }) => normalTail(given),

  fz0: (given: TailForecast) => ({ loss: fz0Loss(given) }),

  'acerbi-szekely-z2': (given: { profits: number[]; vars: number[]; ess: number[]; level: number }) => ({
    z2: acerbiSzekelyZ2(given),
  }),

  aso: ({ a, b }: { a: number[]; b: number[] }) => ({ epsW2: almostStochasticOrder(a, b) }),

  sprt: (given: { alpha: number; beta: number; p0: number; p1: number; outcomes: number[] }) =>
    sequentialRatioTest(given, given, given.outcomes),

  'mixture-confidence-sequence': (given: { sigma: number; alpha: number; observations: number; mixture: number }) => {
    const { radius, fixedSample } = mixtureRadius(given, given.observations, given.mixture);
    return { radius, fixedSampleRadius: fixedSample };
  },

  peeking: ({ looks, nominalAlpha }: { looks: number; nominalAlpha: number }) => ({
    falsePositiveRate: peekingError(looks, nominalAlpha),
  }),

  'sample-size': (given: { stdevBps: number; deltaBps: number; alpha: number; power: number; sides: 1 | 2 }) => {
    const samplesUnrounded = sampleSize({ stdev: given.stdevBps, delta: given.deltaBps }, given);
    return {
      samplesUnrounded,
      samples: Math.ceil(samplesUnrounded),
      minimalDetectableEffectAt1000Bps: minimalDetectableEffect(given.stdevBps / Math.sqrt(1000), given),
    };
  },

  'clopper-pearson': (given: { breaches: number; trials: number; confidence: number }) =>
    clopperPearson(given.breaches, given.trials, given.confidence),

  holm: ({ pValues, alpha }: { pValues: number[]; alpha: number }) => holm(pValues, alpha),

  'jobson-korkie-memmel': (given: { sharpe1: number; sharpe2: number; correlation: number; periods: number }) =>
    jobsonKorkieMemmel(given),

  'sign-flip': ({ differences }: { differences: number[] }) => signFlip(differences),

  'common-random-numbers': (given: { stdev1Bps: number; stdev2Bps: number; correlation: number }) => {
    const pair = { stdev1: given.stdev1Bps, stdev2: given.stdev2Bps, correlation: given.correlation };
    const { variance, ratioToIndependent } = commonRandomNumbers(pair);
    return { differenceVariance: variance, ratioToIndependent };
  },
} satisfies Problems;
