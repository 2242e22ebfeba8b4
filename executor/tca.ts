/**
 * The transaction-cost report, made from the journal alone: whoever has the journal can make it again. Shortfall in parts
 * that add up to the total exactly, of each parent order and of all; positive is a cost.
 */
import { z } from 'zod';
import { type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseCanonicalJson } from '../core/strict-json.ts';
import { markoutsBps, type Side } from '../market/cost.ts';
import { inverseShortfall, shortfallParts } from '../market/inverse-shortfall.ts';
import { gateReasons } from '../risk/gate.ts';
import { markoutMs } from './journal.ts';
import { type JournaledParent, type JournaledRun, readJournal } from './read-journal.ts';

const figures = [...shortfallParts, 'total'] as const;
const partsSchema = z.strictObject({
  picoCoin: z
    .record(z.enum([...figures, 'arrivalNotional']), z.int())
    .describe('whole 1e-12 coin; parts add up to the total'),
  bps: z.record(z.enum(figures), z.number()).describe('of the arrival notional'),
});
const qualitySchema = z.strictObject({
  lots: z.int().min(0),
  filledLots: z.int().min(0),
  shortfall: partsSchema,
  makerShare: z.number().min(0).max(1).nullable().describe('of what filled'),
  participation: z.number().min(0).max(1).nullable().describe('own lots of all lots traded while it was open'),
  againstBps: z
    .strictObject({ arrival: z.number(), vwap: z.number(), twap: z.number() })
    .partial()
    .describe('mean price without fees against the mid at arrival, the mean price of the others, the mean mid'),
  markoutsBps: z.array(z.number().nullable()).length(markoutMs.length).describe('the mid 1, 5 and 10 s after a fill'),
});

export const tcaSchema = z.strictObject({
  kind: z.literal('tca'),
  version: z.literal(1),
  journal: z.string().regex(/^[0-9a-f]{64}$/),
  line: z.string(),
  model: z.string(),
  policy: z.string(),
  because: z.string().optional(),
  dataset: z.string(),
  coin: z.string(),
  task: z.strictObject({ lots: z.int(), horizonMs: z.int(), decisionMs: z.int() }),
  limits: z.record(z.string(), z.number()),
  parents: z.array(
    z.strictObject({
      parent: z.int(),
      side: z.enum(['buy', 'sell']),
      why: z.enum(['filled', 'horizon', 'killed']),
      seconds: z.number(),
      arrivalTicks: z.number(),
      averageTicks: z.number().nullable().describe('contracts worth the same coin'),
      endTicks: z.number(),
      quality: qualitySchema,
    }),
  ),
  total: qualitySchema,
  gate: z.strictObject({
    sent: z.record(z.enum(['limit', 'market']), z.strictObject({ children: z.int(), lots: z.int() })),
    cancelledLots: z.int(),
    denied: z.partialRecord(z.enum(gateReasons), z.int()),
    undecided: z.record(z.string(), z.int()),
    breaches: z.int(),
  }),
});

export type TcaReport = z.infer<typeof tcaSchema>;
type Quality = z.infer<typeof qualitySchema>;

/** @throws ASSAY_JOURNAL_INVALID, also for a journal that was cut off */
export function tcaReport(journal: Uint8Array): TcaReport {
  const run = readJournal(journal);
  if (!run.complete) throw new AssayError('ASSAY_JOURNAL_INVALID', { reason: 'it was cut off' });
  const { line, model, policy, because, dataset, instrument, task, limits } = run.begin;
  const parents = run.parents.map((parent) => measure(run, parent));
  const { sent, cancelledLots, denied, undecided, breaches } = run;
  return {
    kind: 'tca',
    version: 1,
    journal: sha256(journal),
    ...{ line, model, policy, ...(because !== undefined && { because }), dataset, coin: instrument.coin, task, limits },
    parents: parents.map(({ shown }) => shown),
    total: totalOf(parents),
    gate: { sent, cancelledLots, denied, undecided, breaches },
  };
}

/** @throws ASSAY_JOURNAL_INVALID when the bytes are no such report */
export function parseTca(bytes: Uint8Array, digest: Sha256): TcaReport {
  try {
    return tcaSchema.parse(parseCanonicalJson(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new AssayError('ASSAY_JOURNAL_INVALID', { reason: `${digest} is no report on one` }, { cause });
  }
}

interface Measured {
  readonly shown: TcaReport['parents'][number];
  readonly marketLots: number;
  readonly makerLots: number;
  /** Lots whose mid is known, by horizon. */
  readonly marked: readonly number[];
}

function measure({ begin }: JournaledRun, { opened, fills, closed }: JournaledParent): Measured {
  if (closed === undefined) throw new AssayError('ASSAY_JOURNAL_INVALID', { reason: `order ${opened.parent} is open` });
  const side: Side = opened.side === 'buy' ? 1 : -1;
  const { lots, bidTicks, askTicks } = opened;
  const arrivalTicks = (bidTicks + askTicks) / 2;
  const { makerFeeBps, takerFeeBps } = begin.costs;
  const feeBps = { maker: makerFeeBps, taker: takerFeeBps };
  const { picoCoin, bps, filledLots } = inverseShortfall({
    ...{ instrument: begin.instrument, side, lots, arrivalTicks, endTicks: closed.endTicks },
    fills: fills.map((fill) => ({ ...fill, feeBps: feeBps[fill.liquidity] })),
  });
  const sum = (of: (fill: (typeof fills)[number]) => number) => fills.reduce((total, fill) => total + of(fill), 0);
  const averageTicks = filledLots > 0 ? filledLots / sum((fill) => fill.lots / fill.ticks) : null;
  const makerLots = sum((fill) => (fill.liquidity === 'maker' ? fill.lots : 0));
  const against = (benchmark: number | null) =>
    benchmark === null || averageTicks === null ? undefined : 1e4 * side * (1 - benchmark / averageTicks);
  const againstBps = defined({
    arrival: against(arrivalTicks),
    vwap: against(closed.vwapTicks),
    twap: against(closed.twapTicks),
  });
  const marks = fills.map(({ lots: quantity, ticks: price, midsLater }) => ({ quantity, price, midsLater }));
  return {
    shown: {
      ...{ parent: opened.parent, side: opened.side, why: closed.why, seconds: (closed.timeMs - opened.timeMs) / 1000 },
      ...{ arrivalTicks, averageTicks, endTicks: closed.endTicks },
      quality: {
        ...{ lots, filledLots, shortfall: { picoCoin, bps } },
        makerShare: share(makerLots, filledLots),
        participation: share(filledLots, filledLots + closed.marketLots),
        againstBps,
        markoutsBps: markoutsBps(side, marks, markoutMs.length),
      },
    },
    marketLots: closed.marketLots,
    makerLots,
    marked: markoutMs.map((_, h) => sum((fill) => (typeof fill.midsLater[h] === 'number' ? fill.lots : 0))),
  };
}

/** Sums of what adds up, means by what filled of what does not. */
function totalOf(parents: readonly Measured[]): Quality {
  const qualities = parents.map(({ shown }) => shown.quality);
  const sum = (of: (quality: Quality, i: number) => number) =>
    qualities.reduce((total, one, i) => total + of(one, i), 0);
  const picoCoin = Object.fromEntries(
    [...figures, 'arrivalNotional' as const].map((figure) => [figure, sum((one) => one.shortfall.picoCoin[figure])]),
  ) as Quality['shortfall']['picoCoin'];
  const perNotional = (pico: number) => (picoCoin.arrivalNotional > 0 ? (1e4 * pico) / picoCoin.arrivalNotional : 0);
  const bps = Object.fromEntries(figures.map((figure) => [figure, perNotional(picoCoin[figure])])) as Record<
    (typeof figures)[number],
    number
  >;
  const filledLots = sum((one) => one.filledLots);
  const meanOf = (of: (quality: Quality) => number | null | undefined, weight: (i: number) => number) => {
    const known = qualities.flatMap((one, i) => {
      const value = of(one);
      return value === null || value === undefined || weight(i) === 0 ? [] : [{ value, weight: weight(i) }];
    });
    const all = known.reduce((total, one) => total + one.weight, 0);
    return all > 0 ? known.reduce((total, one) => total + one.value * one.weight, 0) / all : undefined;
  };
  const filled = (i: number) => qualities[i].filledLots;
  return {
    ...{ lots: sum((one) => one.lots), filledLots, shortfall: { picoCoin, bps } },
    makerShare: share(
      sum((_, i) => parents[i].makerLots),
      filledLots,
    ),
    participation: share(filledLots, filledLots + sum((_, i) => parents[i].marketLots)),
    againstBps: defined({
      arrival: meanOf((one) => one.againstBps.arrival, filled),
      vwap: meanOf((one) => one.againstBps.vwap, filled),
      twap: meanOf((one) => one.againstBps.twap, filled),
    }),
    markoutsBps: markoutMs.map(
      (_, h) =>
        meanOf(
          (one) => one.markoutsBps[h],
          (i) => parents[i].marked[h],
        ) ?? null,
    ),
  };
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function defined<Key extends string>(values: Record<Key, number | undefined>): Partial<Record<Key, number>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<
    Record<Key, number>
  >;
}
