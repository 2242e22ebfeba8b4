/**
 * Every kind of statement: its predicate type and the schema of its predicate. The JSON schemas in `registry/schemas/` are
 * generated from this table. A statement names large things by SHA-256 and carries no time, save what a person signs: an
 * approval's window, and when a revocation or a decommission was decided (`at`).
 *
 * To add a kind: add a row, say in `lineage.ts` what it consumes and produces, run `node scripts/statement-schemas.ts`.
 */
import { z } from 'zod';

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hex');
const line = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .describe('the model line');
const label = z.string().min(1).max(200);
const reason = z.string().min(1).max(2000);
const time = z.iso.datetime().describe('RFC 3339 in UTC');
const seed = z.int().min(0);
/** in-toto ResourceDescriptor, named and pinned. */
export const descriptor = z.strictObject({ name: label, digest: z.strictObject({ sha256 }) });
const entry = sha256.describe('digest of a log entry: SHA-256 of its envelope in canonical JSON');
const candidateKind = z.enum(['model', 'fallback']);
const gate = z.strictObject({ name: label, passed: z.boolean(), summary: z.string().max(500) });

const own = <T extends z.ZodObject>(name: string, predicate: T) => ({
  predicateType: `https://assay.dev/${name}/v1`,
  predicate,
});

export const kinds = {
  /** A person asks for a run; subject: the configuration. */
  request: own(
    'request',
    z.strictObject({
      line,
      action: z.enum(['open', 'train', 'run']),
      candidate: label,
      seed,
      protocol: sha256,
      config: sha256,
    }),
  ),
  /** Curated data; subject: the manifest. */
  dataset: own(
    'dataset',
    z.strictObject({ request: entry.optional(), sources: z.array(descriptor).min(1), report: sha256 }),
  ),
  /** A calibrated market; subject: the profile. */
  profile: own('profile', z.strictObject({ request: entry.optional(), dataset: sha256, report: sha256 })),
  /** How a model or a tuned schedule came to be (SLSA provenance v1, without its times); subject: the model. */
  training: {
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: z.strictObject({
      buildDefinition: z.strictObject({
        buildType: z.url(),
        externalParameters: z.strictObject({
          line,
          candidate: label,
          kind: candidateKind,
          seed,
          steps: z.int().min(0),
          config: sha256,
        }),
        resolvedDependencies: z
          .array(descriptor)
          .min(1)
          .describe('among them "request" (an entry), "profile", "protocol"'),
      }),
      runDetails: z.strictObject({
        builder: z.strictObject({ id: z.url() }),
        byproducts: z.array(descriptor).optional(),
      }),
    }),
  },
  /** What an identity that did not train it found; subject: the model. */
  validation: own(
    'validation',
    z.strictObject({
      line,
      candidate: label,
      verdict: z.enum(['pass', 'refuse']),
      report: sha256,
      protocol: sha256,
      gates: z.array(gate),
    }),
  ),
  /** One person's signature under a model, its evidence and its limits; subject: the model. */
  approval: own(
    'approval',
    z.strictObject({
      line,
      kind: candidateKind,
      report: sha256,
      limits: z.record(label, z.number()),
      notBefore: time,
      notAfter: time,
    }),
  ),
  /** One validator says no; final for this model and report. Subject: the model. */
  refusal: own('refusal', z.strictObject({ line, report: sha256, reason })),
  /** A signer takes an approval back; subject: the model. */
  withdrawal: own('withdrawal', z.strictObject({ line, approval: entry, reason })),
  /** The model must not run any more, whoever approved it; subject: the model. */
  revocation: own('revocation', z.strictObject({ line, reason, at: time.optional() })),
  /** The model was handed to an executor; subject: the model. */
  deployment: own('deployment', z.strictObject({ line, executor: label, approvals: z.array(entry).min(1) })),
  /** What an executor did with a version; subject: the model. */
  execution: own(
    'execution',
    z.strictObject({
      line,
      executor: label,
      deployment: entry,
      dataset: sha256,
      journal: sha256,
      report: sha256,
      because: label.optional().describe('error code of why this fallback ran and not what was wanted'),
    }),
  ),
  /** The model's life is over; subject: the model. */
  decommission: own('decommission', z.strictObject({ line, reason, at: time.optional() })),
} as const;

export type Kind = keyof typeof kinds;
export type Predicate<K extends Kind> = DeepReadonly<z.infer<(typeof kinds)[K]['predicate']>>;
type DeepReadonly<T> = T extends object ? { readonly [P in keyof T]: DeepReadonly<T[P]> } : T;
export type Descriptor = z.infer<typeof descriptor>;
export type CandidateKind = z.infer<typeof candidateKind>;
export const kindNames = Object.keys(kinds) as readonly Kind[];
