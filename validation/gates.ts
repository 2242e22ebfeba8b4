/**
 * The gates a candidate has to pass. Each is a pure function of paired costs, basis points of the arrival notional, element i
 * of both arrays on one path; more is worse. A cost that is missing, NaN or infinite denies: it throws, and nothing passes.
 *
 * All gates have to pass, so that no correction for their number is due (an intersection-union test, Berger 1982):
 * each one's 5 % bounds the chance of a wrong pass.
 */
import type { GateRecord } from './report/schema.ts';
import { type Interval, pairedBootstrap } from './statistics/bootstrap.ts';
import { studentQuantile } from './statistics/distributions.ts';
import { minimalDetectableEffect, usualPower } from './statistics/power.ts';
import { requireFinite, requireThat, type Sample } from './statistics/sample.ts';

export interface GateInput {
  readonly name: string;
  /** What the candidate is measured against, by its name. */
  readonly against: string;
  readonly candidate: Sample;
  readonly baseline: Sample;
  readonly seed: number | string;
  /** One-sided. @default 0.95 */
  readonly confidence?: number;
  /** @default 10000 */
  readonly resamples?: number;
  /** Market the episodes come from. @default 'normal' */
  readonly scenario?: string;
  /** Printed beside the verdict. */
  readonly note?: string;
}

/** Passes when the upper bound of mean(candidate - baseline) is below 0. @throws ASSAY_NOT_FINITE */
export function superiority(input: GateInput & { readonly kind?: 'superiority' | 'champion' }): GateRecord {
  const { mean } = bootstrapOf(input);
  const passed = mean.high < 0;
  const record = recordOf({ ...input, kind: input.kind ?? 'superiority' }, mean, { statistic: 'mean', marginBps: 0 });
  const verdict = passed
    ? `cheaper by ${bps(-mean.estimate)}, at least ${bps(-mean.high)}`
    : `not shown to be cheaper: the difference may be as much as ${signedBps(mean.high)}`;
  return { ...record, passed, verdict };
}

/** Passes when the upper bound of the difference in mean or CVaR95 is below `marginBps` >= 0. @throws ASSAY_NOT_FINITE */
export function nonInferiority(
  input: GateInput & {
    readonly statistic: 'mean' | 'cvar95';
    readonly marginBps: number;
    readonly kind?: 'non-inferiority' | 'champion';
  },
): GateRecord {
  const { statistic, marginBps } = input;
  requireFinite(`the margin of ${input.name}`, [marginBps]);
  requireThat(marginBps >= 0, input.name, `margin ${marginBps} bps is negative`);
  const { mean, cvar } = bootstrapOf(input, { withCvar: statistic === 'cvar95' });
  const interval = statistic === 'mean' ? mean : cvar;
  const passed = interval.high < marginBps;
  const record = recordOf({ ...input, kind: input.kind ?? 'non-inferiority' }, interval, { statistic, marginBps });
  const verdict = passed
    ? `not worse by ${bps(marginBps)}: at most ${signedBps(interval.high)}`
    : `may be worse by ${bps(marginBps)} or more: the bound is ${signedBps(interval.high)}`;
  return { ...record, passed, verdict };
}

/** A share of a baseline's figure as a margin in basis points. The figure's own error is small beside the bound's and is left out. */
export function shareOfFigure(figureBps: number, share: number): number {
  return Math.abs(figureBps) * share;
}

/** A share of what `better` gains on `reference`, as a margin; 0 when it gains nothing. */
export function shareOfGain(reference: number, better: number, share: number): number {
  return Math.max(0, reference - better) * share;
}

export interface ReplayInput extends Omit<GateInput, 'candidate' | 'baseline'> {
  /** Costs by start in the order of time, the sell and its mirrored buy side by side: two rows, one price path. */
  readonly candidate: { readonly sell: Sample; readonly buy: Sample };
  readonly baseline: { readonly sell: Sample; readonly buy: Sample };
  /** Time between starts, and of one parent order: neighbours share what overlaps. */
  readonly everyMs: number;
  readonly horizonMs: number;
  /** A point estimate worse than this refuses, whatever its interval. @default 1 */
  readonly limitBps?: number;
}

/**
 * Refuses when the candidate is significantly worse on recorded events (the lower bound of the mean difference is above 0,
 * blocks of starts no shorter than the horizon), or worse by more than `limitBps`. Its passing proves little, and
 * it says so: "underpowered" when the smallest difference it could see is larger than `limitBps`.
 * @throws ASSAY_NOT_FINITE
 */
export function replayVeto(input: ReplayInput): GateRecord {
  const { everyMs, horizonMs, limitBps = 1 } = input;
  requireThat(everyMs > 0 && horizonMs > 0, input.name, 'the starts and the horizon need positive times');
  const starts = input.candidate.sell.length;
  const blockLength = Math.min(starts, Math.ceil(horizonMs / everyMs));
  const candidate = bothSides('the candidate', input.candidate, starts);
  const baseline = bothSides('the baseline', input.baseline, starts);
  const { mean, blocks } = bootstrapOf({ ...input, candidate, baseline }, { blockLength });
  // Written so that a bound that is not a number vetoes.
  const worse = !(mean.low <= 0);
  const tooMuch = !(mean.estimate <= limitBps);
  const parts = { statistic: 'mean', marginBps: limitBps, blocks } as const;
  const record = recordOf({ scenario: 'replay', ...input, candidate, kind: 'veto' }, mean, parts);
  const mde = record.minimalDetectableEffectBps;
  const underpowered = mde === null || mde > limitBps;
  const finding = worse
    ? `significantly worse by ${bps(mean.estimate)}`
    : tooMuch
      ? `worse by ${bps(mean.estimate)}, more than ${bps(limitBps)}`
      : `no veto: ${signedBps(mean.estimate)}`;
  const strength = `${blocks} independent ${blocks === 1 ? 'block' : 'blocks'}${underpowered ? ', underpowered' : ''}`;
  return { ...record, passed: !worse && !tooMuch, underpowered, verdict: `${finding} (${strength})` };
}

/** Mean of the two sides at each start: they share one path, so that they count as one observation. */
function bothSides(whose: string, sides: { sell: Sample; buy: Sample }, starts: number): Float64Array {
  requireFinite(`${whose}'s sells`, sides.sell, starts);
  requireFinite(`${whose}'s buys`, sides.buy, starts);
  return Float64Array.from(sides.sell, (sell, i) => (sell + sides.buy[i]) / 2);
}

/** One row of the fidelity table: what a capture shows, with its interval, and what the simulated market shows. */
export interface FidelityRow {
  readonly name: string;
  readonly capture: { readonly low: number; readonly high: number };
  readonly simulated: { readonly value: number };
}

/** Passes when every simulated figure lies inside the capture's interval; NaN does not. */
export function fidelityGate(rows: readonly FidelityRow[], confidence = 0.95): GateRecord {
  const outside = rows.filter(({ capture, simulated }) => !isInside(simulated.value, capture)).map((row) => row.name);
  const passed = outside.length === 0 && rows.length > 0;
  return {
    name: 'Fidelity of the simulated market',
    kind: 'fidelity',
    against: 'the capture',
    scenario: 'normal',
    statistic: 'interval',
    estimateBps: null,
    lowBps: null,
    highBps: null,
    marginBps: null,
    confidence,
    minimalDetectableEffectBps: null,
    episodes: 0,
    method: 'same estimators on both',
    passed,
    verdict: passed
      ? `all ${rows.length} figures inside the capture's interval`
      : rows.length === 0
        ? 'nothing was compared'
        : `outside: ${outside.join(', ')}`,
  };
}

export function isInside(value: number, { low, high }: { readonly low: number; readonly high: number }): boolean {
  return value >= low && value <= high;
}

interface Wanted {
  readonly withCvar?: boolean;
  readonly blockLength?: number;
}

function bootstrapOf(
  input: GateInput,
  { withCvar = false, blockLength = 1 }: Wanted = {},
): ReturnType<typeof pairedBootstrap> {
  requireFinite(`the candidate's costs (${input.name})`, input.candidate);
  requireFinite(`the costs of ${input.against}`, input.baseline, input.candidate.length);
  return pairedBootstrap(input.candidate, input.baseline, {
    seed: `${input.seed}/${input.name}/${input.against}`,
    resamples: input.resamples ?? 10_000,
    confidence: input.confidence ?? 0.95,
    blockLength,
    withCvar,
  });
}

interface RecordParts {
  readonly statistic: 'mean' | 'cvar95';
  readonly marginBps: number;
  readonly blocks?: number;
}

function recordOf(
  input: Pick<GateInput, 'name' | 'against' | 'confidence' | 'note' | 'scenario' | 'candidate'> & {
    readonly kind: GateRecord['kind'];
  },
  interval: Interval,
  { statistic, marginBps, blocks }: RecordParts,
): Omit<GateRecord, 'passed' | 'verdict'> {
  const confidence = input.confidence ?? 0.95;
  return {
    name: input.name,
    kind: input.kind,
    against: input.against,
    scenario: input.scenario ?? 'normal',
    statistic,
    estimateBps: interval.estimate,
    lowBps: finiteOrNull(interval.low),
    highBps: finiteOrNull(interval.high),
    marginBps,
    confidence,
    minimalDetectableEffectBps: detectable(interval, confidence, blocks),
    episodes: input.candidate.length,
    ...(blocks === undefined ? {} : { blocks }),
    method: interval.method,
    ...(input.note === undefined ? {} : { note: input.note }),
  };
}

/** With few blocks the normal factors are too small; Student's are used. Null where nothing could be seen at all. */
function detectable(interval: Interval, confidence: number, blocks?: number): number | null {
  if (!Number.isFinite(interval.standardError)) return null;
  const target = { ...usualPower, alpha: 1 - confidence };
  if (interval.method !== 'Student t over blocks' || blocks === undefined)
    return minimalDetectableEffect(interval.standardError, target);
  const degrees = Math.max(1, blocks - 1);
  return (studentQuantile(confidence, degrees) + studentQuantile(target.power, degrees)) * interval.standardError;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function bps(value: number): string {
  return `${value.toFixed(3)} bps`;
}

function signedBps(value: number): string {
  return Number.isFinite(value) ? `${value < 0 ? '' : '+'}${value.toFixed(3)} bps` : 'unbounded';
}
