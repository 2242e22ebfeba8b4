/**
 * What is ordered, and what the paper venue charges: the protocol and the profile that a version's training names. Only the
 * fields that are needed are read; both were checked whole where they were made.
 */
import { z } from 'zod';
import type { Sha256 } from '../core/digest.ts';
import { AssayError, type ErrorCode } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';
import type { Instrument } from '../market/instrument.ts';
import type { ExecutionCosts } from '../market/session.ts';
import { REACTION_MS } from '../market/view.ts';
import { trainingsOf } from '../registry/policy.ts';
import type { TrustedRegistry } from '../registry/read.ts';

export interface Task {
  /** Size of a parent order, lots; time to work it, and time between two decisions, ms. */
  readonly lots: number;
  readonly horizonMs: number;
  readonly decisionMs: number;
}

export interface Terms {
  readonly task: Task;
  readonly costs: ExecutionCosts;
  readonly instrument: Instrument;
  /** How much of the second capture validation has seen, ms. */
  readonly validationMs: number;
  readonly protocol: Sha256;
  readonly profile: Sha256;
}

const wholeSteps = z.int().min(1).multipleOf(REACTION_MS);
const protocolSchema = z.object({
  task: z
    .object({ lots: z.int().min(1), horizonMs: wholeSteps, decisionMs: wholeSteps })
    .refine(({ horizonMs, decisionMs }) => horizonMs % decisionMs === 0, 'the horizon is no multiple of the interval'),
  split: z.object({ validationMs: z.int().min(0) }),
});

const atLeast0 = z.object({ value: z.number().min(0) });
const profileSchema = z.object({
  instrument: z.strictObject({
    symbol: z.string().min(1),
    kind: z.literal('inverse-perpetual'),
    coin: z.string().min(1),
    tickUsd: z.string().regex(/^\d+(\.\d+)?$/),
    lotUsd: z.number().positive(),
  }),
  fees: z.object({ makerBps: z.object({ value: z.number() }), takerBps: z.object({ value: z.number() }) }),
  impact: z.object({
    transientTicksPerLot: atLeast0,
    decayMs: z.object({ value: z.number().positive() }),
    permanentTicksPerLot: atLeast0,
  }),
});

/**
 * @param version its newest training on this line counts
 * @throws ASSAY_STATEMENT_INVALID, ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT, ASSAY_CONFIG_OUT_OF_BOUNDS, ASSAY_PROFILE_INVALID
 */
export function termsOf(registry: TrustedRegistry, line: string, { model }: { readonly model: Sha256 }): Terms {
  const training = trainingsOf({ entries: registry.entries, line, model }).at(-1);
  const digestOf = (name: string): Sha256 => {
    const found = training?.statement.predicate.buildDefinition.resolvedDependencies.find((one) => one.name === name);
    if (found !== undefined) return found.digest.sha256;
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `the training of ${model} names no ${name}` });
  };
  const [protocol, profile] = [digestOf('protocol'), digestOf('profile')];
  const { task, split } = read(registry, protocol, {
    schema: protocolSchema,
    refuse: ['ASSAY_CONFIG_OUT_OF_BOUNDS', 'protocol'],
  });
  const { instrument, fees, impact } = read(registry, profile, {
    schema: profileSchema,
    refuse: ['ASSAY_PROFILE_INVALID', 'profile'],
  });
  const costs = {
    makerFeeBps: fees.makerBps.value,
    takerFeeBps: fees.takerBps.value,
    transientTicksPerLot: impact.transientTicksPerLot.value,
    impactDecayMs: impact.decayMs.value,
    permanentTicksPerLot: impact.permanentTicksPerLot.value,
  };
  return { task, costs, instrument, validationMs: split.validationMs, protocol, profile };
}

function read<Schema extends z.ZodType>(
  registry: TrustedRegistry,
  digest: Sha256,
  { schema, refuse: [code, what] }: { readonly schema: Schema; readonly refuse: readonly [ErrorCode, string] },
): z.infer<Schema> {
  const parsed = schema.safeParse(parseStrictJson(registry.object(digest).toString('utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const reason = `${issue.path.join('.') || 'top'}: ${issue.message}`;
  throw new AssayError(code, { where: `${what} ${digest}`, reason });
}
