/**
 * What is ordered, and what the paper venue charges: the protocol and the profile that a version's training names. Of the
 * protocol only the fields that are needed are read; it was checked whole where it was first used.
 */
import { z } from 'zod';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';
import type { Instrument } from '../market/instrument.ts';
import { executionCosts } from '../market/profile.ts';
import { parseProfile } from '../market/profile-schema.ts';
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
  const { task, split } = parseProtocol(registry.object(protocol), protocol);
  const market = parseProfile(registry.object(profile));
  const { instrument } = market;
  return { task, costs: executionCosts(market), instrument, validationMs: split.validationMs, protocol, profile };
}

function parseProtocol(bytes: Buffer, digest: Sha256): z.infer<typeof protocolSchema> {
  const parsed = protocolSchema.safeParse(parseStrictJson(bytes.toString('utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', {
    where: `protocol ${digest}`,
    reason: `${issue.path.join('.') || 'top'}: ${issue.message}`,
  });
}
