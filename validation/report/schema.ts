/**
 * The validation report: everything a verdict rests on, as one JSON document. It holds no time, host, path or speed, so that
 * the same evidence gives the same bytes. All costs are implementation shortfall in basis points of the arrival
 * notional, fees included; more is worse. Every number is finite; what is unbounded or does not apply is null.
 */
import { z } from 'zod';
import { AssayError } from '../../core/errors.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex');
const share = z.number().min(0).max(1);
const count = z.int().min(0);

const candidate = z.strictObject({
  digest,
  name: z.string(),
  kind: z.enum(['policy', 'schedule']),
  /** Environment steps; null for a schedule. */
  trainedSteps: count.nullable(),
});

/** Digests of the envelopes (request, training) and artifacts (dataset, profile) the candidate stands on; null where it has none. */
const lineage = z.strictObject({
  request: digest.nullable(),
  dataset: digest,
  profile: digest,
  training: digest.nullable(),
});

const protocol = z.strictObject({
  version: count,
  digest,
  /** Oldest first. */
  history: z.array(z.strictObject({ version: count, reason: z.string() })),
  /** The protocol itself, printed in full. */
  document: z.json(),
});

const fidelityRow = z.strictObject({
  name: z.string(),
  unit: z.string(),
  /** The capture's figure with its 95 % interval. */
  capture: z.strictObject({ value: z.number(), low: z.number(), high: z.number() }),
  /** The same estimator on the simulated market. */
  simulated: z.strictObject({ value: z.number() }),
  inside: z.boolean(),
});

const baseline = z.strictObject({
  name: z.string(),
  family: z.string(),
  /** Settings compared on the tuning seeds. */
  settingsTried: count,
  bestSettings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** On the validation seeds. */
  meanBps: z.number(),
  cvar95Bps: z.number(),
});

const gate = z.strictObject({
  name: z.string(),
  kind: z.enum(['superiority', 'non-inferiority', 'veto', 'champion', 'fidelity']),
  against: z.string(),
  /** `normal`, a stress scenario's name, or `replay`. */
  scenario: z.string(),
  statistic: z.enum(['mean', 'cvar95', 'interval']),
  /** Candidate less baseline. */
  estimateBps: z.number().nullable(),
  /** One-sided bounds, each of confidence `confidence`; null is unbounded. */
  lowBps: z.number().nullable(),
  highBps: z.number().nullable(),
  /** The bound has to stay below this. */
  marginBps: z.number().nullable(),
  confidence: share,
  /** Smallest true difference seen with 80 % power; null when nothing could be seen. */
  minimalDetectableEffectBps: z.number().nullable(),
  episodes: count,
  /** Independent blocks, where neighbours overlap. */
  blocks: count.optional(),
  underpowered: z.boolean().optional(),
  method: z.string(),
  passed: z.boolean(),
  verdict: z.string(),
  note: z.string().optional(),
});

const stressFigure = z.strictObject({
  scenario: z.string(),
  policy: z.string(),
  meanBps: z.number(),
  cvar95Bps: z.number(),
  episodes: count,
});

const replay = z.strictObject({
  /** Start times; each is run as a sell and mirrored as a buy. */
  starts: count,
  everyMs: z.number().positive(),
  horizonMs: z.number().positive(),
  policies: z.array(z.strictObject({ policy: z.string(), meanSellBps: z.number(), meanBuyBps: z.number() })),
});

const policyFigures = z.strictObject({
  name: z.string(),
  role: z.enum(['candidate', 'baseline', 'rule', 'champion']),
  meanBps: z.number(),
  stdevBps: z.number(),
  cvar95Bps: z.number(),
  /** Share of the quantity filled by resting orders. */
  makerShare: share,
  /** Cost quantiles at equally spaced probabilities from 0 to 1. */
  quantilesBps: z.array(z.number()).min(2),
  /** Mean fraction left after each decision. */
  remaining: z.array(share).min(1),
});

const histogram = z.strictObject({
  against: z.string(),
  meanBps: z.number(),
  /** One more than counts; the first and last bins also hold what lies beyond. */
  edgesBps: z.array(z.number()).min(2),
  counts: z.array(count).min(1),
});

const imbalanceBucket = z.strictObject({
  low: z.number(),
  high: z.number(),
  /** Share of decisions, and the mean action in them: fraction to rest, fraction to take. */
  share,
  post: z.number(),
  cross: z.number(),
});

const trainingPoint = z.strictObject({
  step: count,
  return: z.number(),
  kl: z.number(),
  entropy: z.number(),
  costBps: z.number().optional(),
});

export const validationReport = z.strictObject({
  kind: z.literal('validation-report'),
  version: z.literal(1),
  line: z.string(),
  candidate,
  lineage,
  protocol,
  verdict: z.enum(['passed', 'refused']),
  /** Gates that refused, in words; empty when it passed. */
  reasons: z.array(z.string()),
  /** Episodes a policy, and the seed they come from. */
  episodes: count,
  seed: z.union([z.number(), z.string()]),
  fidelity: z.array(fidelityRow),
  baselines: z.array(baseline),
  gates: z.array(gate),
  stress: z.array(stressFigure),
  replay: replay.nullable(),
  policies: z.array(policyFigures),
  differences: z.array(histogram),
  /** What the candidate does at each queue imbalance. */
  behaviour: z.array(imbalanceBucket),
  training: z.array(trainingPoint),
});

export type ValidationReport = Readonly<z.infer<typeof validationReport>>;
export type GateRecord = Readonly<z.infer<typeof gate>>;
export type FidelityRecord = Readonly<z.infer<typeof fidelityRow>>;
export type PolicyFigures = Readonly<z.infer<typeof policyFigures>>;
export type DifferenceHistogram = Readonly<z.infer<typeof histogram>>;

/** A report as it was read. @throws ASSAY_STATEMENT_INVALID naming the first field that is wrong */
export function parseReport(json: unknown): ValidationReport {
  const result = validationReport.safeParse(json);
  if (result.success) return checkVerdict(result.data);
  const [issue] = result.error.issues;
  throw new AssayError('ASSAY_STATEMENT_INVALID', {
    reason: `validation report, ${issue.path.join('.') || 'top'}: ${issue.message}`,
  });
}

/** A report cannot pass with a gate that did not, nor refuse without a reason. */
function checkVerdict(report: ValidationReport): ValidationReport {
  const refusing = report.gates.filter((record) => !record.passed);
  const passed = report.gates.length > 0 && refusing.length === 0 && report.reasons.length === 0;
  if ((report.verdict === 'passed') === passed && (passed || report.reasons.length > 0)) return report;
  throw new AssayError('ASSAY_STATEMENT_INVALID', {
    reason: `validation report: the verdict "${report.verdict}" does not follow from its gates and reasons`,
  });
}
