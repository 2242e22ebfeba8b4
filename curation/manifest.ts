/**
 * What a dataset is: the digest of this manifest in canonical JSON. It names the captures, the tables and the quality
 * report by SHA-256, and the writer, because another version may pack the same rows into other bytes.
 */
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import { type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const timeMs = z.number().describe('exchange time, ms since 1970');

export const tableNames = ['quotes', 'trades', 'deltas'] as const;
export type TableName = (typeof tableNames)[number];

export const manifestSchema = z.strictObject({
  kind: z.literal('dataset'),
  version: z.literal(1),
  writer: z.string().min(1).describe('e.g. "assay-curation/1 duckdb/1.5.5"'),
  instrument: z.strictObject({
    symbol: z.string().min(1),
    kind: z.literal('inverse-perpetual'),
    coin: z.string().min(1),
    tickUsd: z.string().regex(/^\d+(\.\d+)?$/),
    lotUsd: z.number().positive(),
  }),
  sources: z
    .array(z.strictObject({ name: z.string().min(1), sha256: digest, lines: count, fromMs: timeMs, toMs: timeMs }))
    .min(1)
    .describe('in the order of the stream'),
  tables: z
    .array(
      z.strictObject({
        name: z.enum(tableNames),
        schema: z.array(z.strictObject({ column: z.string(), type: z.string() })).min(1),
        rows: count,
        sha256: digest,
      }),
    )
    .length(tableNames.length),
  report: digest.describe('data-quality report'),
});

export type DatasetManifest = z.infer<typeof manifestSchema>;

export function manifestDigest(manifest: DatasetManifest): Sha256 {
  return sha256(canonicalJson(manifest));
}

/** @throws ASSAY_DATASET_QUALITY when it is no manifest */
export function parseManifest(bytes: Uint8Array): DatasetManifest {
  const parsed = manifestSchema.safeParse(parseStrictJson(Buffer.from(bytes).toString('utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AssayError('ASSAY_DATASET_QUALITY', {
    reason: `its manifest is none: ${issue.path.join('.') || 'top'}: ${issue.message}`,
  });
}

export function tableOf(manifest: DatasetManifest, name: TableName): DatasetManifest['tables'][number] {
  const table = manifest.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new AssayError('ASSAY_DATASET_QUALITY', { reason: `it has no table ${name}` });
  return table;
}
