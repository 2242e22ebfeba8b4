/**
 * The schema of a market profile, for reading one back: what the type promises, checked. The JSON schema beside it
 * (`schemas/profile.v1.json`) is generated from here.
 */
import { z } from 'zod';
import { AssayError } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';
import type { MarketProfile } from './profile.ts';

const name = z.string().min(1).max(200);
const whole = z.int().min(0);
const positive = z.number().positive();
const atLeast0 = z.number().min(0);
const interval = { value: z.number(), low: z.number(), high: z.number() };
const estimate = z.strictObject(interval).describe('a measured number with its 95 % interval');
const cited = z
  .strictObject({ value: atLeast0, source: z.string().min(1).max(1000) })
  .describe('an input that was not measured here');
const rising = z
  .array(positive)
  .refine((edges) => edges.every((edge, i) => i === 0 || edge > edges[i - 1]), { message: 'boundaries do not rise' });
const column = z.array(whole);

const events = z
  .strictObject({
    dwellSteps: z.array(z.int().min(1)).min(1).describe('steps since the event before'),
    moveHalfTicks: z.array(z.int()).describe('change of the mid, half ticks'),
    spreadTicks: z.array(z.int().min(1)),
    bidLots: column,
    askLots: column,
    soldLots: column,
    soldReachTicks: column.describe('how far below the best bid sellers reached, ticks'),
    boughtLots: column,
    boughtReachTicks: column.describe('how far above the best ask buyers reached, ticks'),
  })
  .refine((columns) => new Set(Object.values(columns).map(({ length }) => length)).size === 1, {
    message: 'its columns have different lengths',
  });

const bookLaw = z.strictObject({
  stepMs: positive,
  sizeEdges: rising.describe('lots at a touch'),
  ageEdgesMs: rising.describe('ms since the touch last moved'),
  spreadEdges: rising.describe('ticks'),
  holdEdgesMs: rising.describe('ms since one side last began to outweigh the other'),
  events,
  reversion: z.strictObject({ strength: atLeast0.max(1), timeMs: positive, scaleTicks: positive }),
});

const law = z.strictObject({
  name,
  unit: name,
  quantiles: z.array(z.strictObject({ p: z.number().min(0).max(1), value: z.number() })).min(1),
  samples: whole,
  ksDistance: z.number().min(0).max(1).describe('Kolmogorov-Smirnov distance of capture and simulated market'),
  ksCritical: atLeast0.describe('its 5 % critical value'),
});

export const profileSchema = z.strictObject({
  version: z.literal(1),
  instrument: z.strictObject({
    symbol: name,
    kind: z.literal('inverse-perpetual'),
    coin: name,
    tickUsd: z.string().regex(/^\d+(\.\d+)?$/),
    lotUsd: positive,
  }),
  dataset: z.string().describe('digest of the dataset manifest'),
  segment: name.describe('the part of it that was measured'),
  seconds: positive,
  referenceTicks: z.int().min(1),
  fees: z.strictObject({ makerBps: cited, takerBps: cited }),
  book: bookLaw,
  depth: z
    .strictObject({ lots: z.array(atLeast0).min(1), slippageTicks: z.array(atLeast0) })
    .refine(({ lots, slippageTicks }) => lots.length === slippageTicks.length, {
      message: 'its columns have different lengths',
    })
    .describe('mean slippage of a market order beyond the touch, ticks, by lots'),
  impact: z.strictObject({ transientTicksPerLot: estimate, decayMs: estimate, permanentTicksPerLot: cited }),
  lotsPerSecond: estimate,
  volumeCurve: z
    .array(z.number().min(0).max(1))
    .min(2)
    .refine((curve) => curve[0] === 0 && curve.at(-1) === 1 && curve.every((x, i) => i === 0 || x >= curve[i - 1]), {
      message: 'it does not rise from 0 to 1',
    })
    .describe('share of the volume traded by equal parts of the horizon'),
  volatilityBps: estimate.describe('basis points a square-root second'),
  moments: z
    .record(name, z.strictObject({ ...interval, unit: name }))
    .describe('what the simulated market has to match'),
  laws: z.array(law),
  tables: z.record(name, z.unknown()).describe('further tables, for people'),
});

/** The profile in an object's bytes. @throws ASSAY_PROFILE_INVALID naming the first field that is wrong */
export function parseProfile(bytes: Uint8Array): MarketProfile {
  let value: unknown;
  try {
    value = parseStrictJson(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new AssayError('ASSAY_PROFILE_INVALID', { reason: 'it is no JSON' }, { cause });
  }
  const parsed = profileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AssayError('ASSAY_PROFILE_INVALID', { reason: `${issue.path.join('.') || 'top'}: ${issue.message}` });
}
