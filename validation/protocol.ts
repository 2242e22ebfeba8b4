/**
 * The protocol: everything that could be tuned to make a candidate look good, fixed before the first training and applied
 * to every candidate alike. A change is a new version with a reason; the history stays in the file and in every report.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { digestJson, type Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';
import type { ScheduleSpec } from '../market/schedules.ts';

const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const positive = z.number().positive();
const whole = z.int().min(1);
const fraction = z.number().min(0).max(1);
const cited = z.strictObject({ value: z.number().min(0), source: z.string().min(1) });

/** Every combination of the listed values is one setting; a number that is left out is that of an even schedule. */
const grid = z
  .strictObject({
    slices: z.array(whole.max(3600)).min(1).default([60]),
    lead: z.array(fraction).min(1).default([0]),
    tolerance: z.array(fraction).min(1).default([1]),
    participation: z.array(fraction).min(1).default([0]),
    urgency: z.array(z.number().min(0).max(50)).min(1).default([0]),
  })
  .refine((axes) => Object.values(axes).reduce((product, { length }) => product * length, 1) >= 8, {
    message: 'a grid has fewer than 8 settings',
  });

const baseline = z.strictObject({
  family: z.enum(['twap', 'vwap', 'pov', 'almgren-chriss']),
  children: z.enum(['taker', 'passive']),
  grid,
});

const stress = z.strictObject({
  name: z.string().min(1),
  volatilityFactor: positive.optional(),
  depthDivisor: positive.optional(),
  spreadFactor: positive.optional(),
  shock: z
    .strictObject({ bps: positive, riseMs: positive, recovered: fraction, recoverMs: positive })
    .optional()
    .describe('a move of either sign, `recovered` of which comes back'),
});

const families = ['twap', 'vwap', 'pov', 'almgren-chriss'] as const;

export const protocolSchema = z.strictObject({
  version: whole,
  history: z.array(z.strictObject({ version: whole, reason: z.string().min(1) })).min(1),
  line: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  task: z.strictObject({
    lots: whole,
    horizonMs: z.int().min(1000).max(3_600_000),
    decisionMs: z.int().min(10).max(60_000),
  }),
  split: z
    .strictObject({ validationMs: z.int().min(1000) })
    .describe("how much of the second capture is validation's replay; what follows is the executor's"),
  fees: z.strictObject({ makerBps: cited, takerBps: cited }).describe('inputs of the profile, basis points'),
  permanentTicksPerLot: cited.describe('input of the profile'),
  seeds: z.strictObject({ tuning: seed, training: seed, validation: seed, fidelity: seed, bootstrap: seed }),
  baselines: z.array(baseline).length(8),
  ruleThresholds: z.array(z.number().positive().max(1)).min(1),
  episodes: z.strictObject({
    tuning: z.int().min(16).max(1_000_000),
    validation: z.int().min(100).max(1_000_000),
    stress: z.int().min(100).max(1_000_000),
  }),
  resamples: z.int().min(100).max(100_000),
  confidence: z.number().gt(0.5).lt(1),
  margins: z.strictObject({
    cvar: fraction.describe("share of the best baseline's CVaR95"),
    stress: fraction.describe("share of the best baseline's mean in the scenario"),
    ruleGain: fraction.describe("share of the rule's own gain on the best schedule"),
  }),
  stress: z.array(stress).length(3),
  replay: z.strictObject({ everyMs: positive, vetoBps: positive }),
  training: z.strictObject({
    totalSteps: whole,
    envs: whole.max(65_536),
    hidden: z.array(whole.max(4096)).max(8),
    epochs: whole.max(100),
    minibatchSize: z.int().min(2).max(65_536),
    learningRate: positive.max(1),
    annealLearningRate: z.boolean(),
    gamma: fraction,
    lambda: fraction,
    clip: positive.max(10),
    clipValueLoss: z.boolean(),
    normaliseAdvantages: z.boolean(),
    valueCoef: z.number().min(0).max(100),
    entropyCoef: z.number().min(0).max(100),
    maxGradNorm: positive.nullable(),
    targetKl: positive.nullable(),
    adamEpsilon: positive.max(1),
    riskAversion: z.number().min(0).max(10).describe('basis points that a squared basis point of variance is worth'),
    stressed: z
      .array(z.strictObject({ stress: z.string(), share: fraction, rewardDivisor: positive }))
      .describe('part of the orders, by name of the stress scenario that they meet'),
  }),
  limits: z.record(z.string().min(1), positive).describe('what an approval allows unless its signers say less'),
});

export type Protocol = z.infer<typeof protocolSchema>;
export type BaselineGrid = Protocol['baselines'][number];

/**
 * @param where for messages: the file
 * @throws ASSAY_CONFIG_UNKNOWN_KEY, ASSAY_CONFIG_OUT_OF_BOUNDS naming the first field that is wrong
 */
export function parseProtocol(value: unknown, where = 'protocol'): Protocol {
  const parsed = protocolSchema.safeParse(value);
  if (!parsed.success) throw firstIssue(parsed.error, where);
  const reason = contradiction(parsed.data);
  if (reason !== undefined) throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where, reason });
  return parsed.data;
}

export interface LoadedProtocol {
  readonly protocol: Protocol;
  /** What the file says, before defaults: what is stored, printed and signed. */
  readonly document: unknown;
  /** Of the document in canonical JSON. */
  readonly digest: Sha256;
}

/** @throws ASSAY_INPUT_MISSING, ASSAY_JSON_NOT_CANONICAL and what `parseProtocol` throws */
export function loadProtocol(path: string): LoadedProtocol {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AssayError('ASSAY_INPUT_MISSING', { what: 'the protocol', path }, { cause });
  }
  const document = parseStrictJson(text);
  return { protocol: parseProtocol(document, path), document, digest: digestJson(document) };
}

/** The settings of one baseline, in the order of its grid. `volumeCurve` comes from the profile. */
export function settingsOf({ family, children, grid }: BaselineGrid, volumeCurve: readonly number[]): ScheduleSpec[] {
  const base = { kind: 'schedule', family, children, volumeCurve } as const;
  return grid.slices.flatMap((slices) =>
    grid.lead.flatMap((lead) =>
      grid.tolerance.flatMap((tolerance) =>
        grid.participation.flatMap((participation) =>
          grid.urgency.map((urgency) => ({ ...base, slices, lead, tolerance, participation, urgency })),
        ),
      ),
    ),
  );
}

function firstIssue(error: z.ZodError, where: string): AssayError {
  const [issue] = error.issues;
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return new AssayError('ASSAY_CONFIG_UNKNOWN_KEY', { where, key: [...issue.path, issue.keys[0]].join('.') });
  return new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where, reason: `${path || 'top'}: ${issue.message}` });
}

/** What a schema of single fields cannot say. */
function contradiction({
  version,
  history,
  task,
  split,
  seeds,
  baselines,
  stress,
  training,
}: Protocol): string | undefined {
  const versions = history.map((entry) => entry.version);
  if (versions.some((v, i) => v !== i + 1) || versions.at(-1) !== version)
    return `its history tells of versions ${versions.join(', ')}, not of 1 to ${version}`;
  if (task.horizonMs % task.decisionMs !== 0) return 'the horizon is no multiple of the decision interval';
  if (split.validationMs < task.horizonMs) return "validation's part of the captures is shorter than one order";
  if (new Set(Object.values(seeds)).size < Object.keys(seeds).length) return 'two of its seeds are the same';
  const scenarios = new Set(stress.map(({ name }) => name));
  if (scenarios.size < stress.length) return 'two of its stress scenarios have the same name';
  const unknown = training.stressed.find((part) => !scenarios.has(part.stress));
  if (unknown !== undefined) return `training names the unknown stress scenario "${unknown.stress}"`;
  if (training.stressed.reduce((sum, { share }) => sum + share, 0) >= 1) return 'training leaves no calm market';
  const kinds = new Set(baselines.map(({ family, children }) => `${family}/${children}`));
  if (kinds.size < families.length * 2)
    return 'not every family is there once with taker and once with passive children';
  return undefined;
}
