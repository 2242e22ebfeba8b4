/** A schedule as it is stored, approved and executed: its specification as canonical JSON. */
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256 } from '../core/digest.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import { parseCanonicalJson } from '../core/strict-json.ts';
import type { ScheduleSpec } from './schedules.ts';

const fraction = z.number().min(0).max(1);

const schema = z.strictObject({
  kind: z.literal('schedule'),
  family: z.enum(['twap', 'vwap', 'pov', 'almgren-chriss']),
  children: z.enum(['taker', 'passive']),
  slices: z.int().min(1).max(3600),
  lead: fraction,
  tolerance: fraction,
  participation: fraction,
  urgency: z.number().min(0).max(50),
  volumeCurve: z
    .array(fraction)
    .min(2)
    .refine((curve) => curve[0] === 0 && curve.at(-1) === 1 && curve.every((v, i) => i === 0 || v >= curve[i - 1]), {
      message: 'does not rise from 0 to 1',
    }),
});

/** The bytes of a schedule file; equal specifications give equal bytes. */
export function encodeSchedule(spec: ScheduleSpec): Uint8Array {
  return Buffer.from(canonicalJson(spec));
}

/** @throws ASSAY_MODEL_INVALID for bytes that are not the canonical JSON of a schedule */
export function parseSchedule(bytes: Uint8Array): ScheduleSpec {
  const refuse = (reason: string): never => {
    throw new AssayError('ASSAY_MODEL_INVALID', { digest: sha256(bytes), reason });
  };
  try {
    const parsed = schema.safeParse(parseCanonicalJson(Buffer.from(bytes).toString('utf8')));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    return refuse(`schedule, ${issue.path.join('.') || 'top'}: ${issue.message}`);
  } catch (error) {
    if (isAssayError(error, 'ASSAY_JSON_NOT_CANONICAL')) return refuse(`no schedule: ${error.message}`);
    throw error;
  }
}
