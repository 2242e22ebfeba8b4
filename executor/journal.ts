/**
 * The journal: everything that was ordered, sent, denied, filled and withdrawn, a line of canonical JSON each, in the order in
 * which it happened and written as it happens. Times are the exchange's, so equal runs give equal bytes. What the process has
 * written survives its crash: a prefix is readable (read-journal.ts).
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Sha256 } from '../core/digest.ts';
import { diskFull } from '../registry/files.ts';
import { gateReasons } from '../risk/gate.ts';

/** Mids are noted this long after each fill, ms. */
export const markoutMs = [1000, 5000, 10_000] as const;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const lots = z.int().min(1);
const ticks = z.number().positive();
const timeMs = z.number().describe('exchange time, ms since 1970');
const number = z.int().min(1);
const kind = z.enum(['limit', 'market']);

const beginSchema = z.strictObject({
  event: z.literal('begin'),
  format: z.literal('assay.journal/1'),
  line: z.string(),
  model: digest,
  policy: z.string().describe('what the model is called'),
  because: z.string().optional().describe('error code: why a fallback ran instead'),
  deployment: digest.describe('entry of the log that says this was about to run'),
  dataset: digest,
  instrument: z.strictObject({
    symbol: z.string(),
    kind: z.literal('inverse-perpetual'),
    coin: z.string(),
    tickUsd: z.string(),
    lotUsd: z.number().positive(),
  }),
  segment: z.strictObject({ fromMs: timeMs, toMs: timeMs }),
  task: z.strictObject({ lots, horizonMs: z.int().min(1), decisionMs: z.int().min(1) }),
  costs: z.strictObject({
    makerFeeBps: z.number(),
    takerFeeBps: z.number(),
    transientTicksPerLot: z.number(),
    impactDecayMs: z.number(),
    permanentTicksPerLot: z.number(),
  }),
  limits: z.strictObject({
    maxChildLots: z.number(),
    maxParentLots: z.number(),
    priceCollarBps: z.number(),
    maxParticipation: z.number(),
    participationWindowMs: z.number(),
    participationFreeLots: z.number(),
    maxDataAgeMs: z.number(),
  }),
});

export const journalLineSchema = z.discriminatedUnion('event', [
  beginSchema,
  z.strictObject({
    ...{ event: z.literal('opened'), parent: number, side: z.enum(['buy', 'sell']), lots, timeMs },
    ...{ bidTicks: ticks, askTicks: ticks },
  }),
  z.strictObject({ event: z.literal('sent'), child: number, kind, lots, ticks, timeMs }),
  z.strictObject({
    ...{ event: z.literal('denied'), kind, lots: z.number(), ticks: z.number(), timeMs },
    reason: z.enum(gateReasons),
  }),
  /** The denial before this line came `times` more times, the last one now. */
  z.strictObject({ event: z.literal('denied-again'), times: number, timeMs }),
  /** The policy failed, or answered something that is no decision: what rested was withdrawn. */
  z.strictObject({ event: z.literal('undecided'), reason: z.string(), timeMs }),
  z.strictObject({
    ...{ event: z.literal('filled'), fill: number, child: number, lots, ticks, timeMs },
    quoteTicks: ticks.describe('the touch we rested at or crossed to'),
    midTicks: ticks.describe('just before the fill'),
    liquidity: z.enum(['maker', 'taker']),
  }),
  z.strictObject({ event: z.literal('cancelled'), child: number, lots, timeMs }),
  /** The venue reported what cannot be; nothing is sent any more. */
  z.strictObject({ event: z.literal('breach'), what: z.string(), timeMs }),
  z.strictObject({
    ...{ event: z.literal('closed'), parent: number, why: z.enum(['filled', 'horizon', 'killed']), timeMs },
    unfilledLots: z.int().min(0),
    endTicks: ticks.describe('the mid, at which what is unfilled is valued'),
    marketLots: z.number().min(0).describe('traded by others while it was open'),
    vwapTicks: ticks.nullable().describe('their mean price, contracts worth the same coin'),
    twapTicks: ticks.describe('the mid, averaged over the time it was open'),
  }),
  z.strictObject({
    ...{ event: z.literal('marked'), fill: number },
    midTicks: z.array(ticks.nullable()).length(markoutMs.length).describe('1, 5 and 10 s later; null beyond the data'),
  }),
  z.strictObject({ event: z.literal('end'), parents: z.int().min(0), timeMs }),
]);

export type JournalLine = z.infer<typeof journalLineSchema>;
export type Line<Event extends JournalLine['event']> = Extract<JournalLine, { event: Event }>;

/** Writes one journal to a file; one that is there is written anew. */
export class JournalWriter {
  readonly path: string;
  readonly #file: number;
  readonly #hash = createHash('sha256');
  /** The denial written last, while nothing else happened. */
  #denial: { readonly key: string; again: number; timeMs: number } | undefined;

  /** @throws ASSAY_DISK_FULL */
  constructor(path: string) {
    this.path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw diskFull(error, path) ?? error;
    }
  }

  /** Equal denials in a row are one line and a count. @throws ASSAY_DISK_FULL */
  write(line: JournalLine): void {
    const key = line.event === 'denied' ? `${line.reason} ${line.kind}` : '';
    if (line.event === 'denied' && this.#denial?.key === key) {
      this.#denial.again++;
      this.#denial.timeMs = line.timeMs;
      return;
    }
    this.#countDenials();
    this.#append(line);
    if (line.event === 'denied') this.#denial = { key, again: 0, timeMs: line.timeMs };
  }

  /** Closes the file. @returns the digest of all that was written @throws ASSAY_DISK_FULL */
  close(): Sha256 {
    try {
      this.#countDenials();
      fsyncSync(this.#file);
    } catch (error) {
      throw diskFull(error, this.path) ?? error;
    } finally {
      closeSync(this.#file);
    }
    return this.#hash.digest('hex');
  }

  /** Closes the file as it is, after something failed. */
  abandon(): void {
    closeSync(this.#file);
  }

  #countDenials(): void {
    const denial = this.#denial;
    this.#denial = undefined;
    if (denial !== undefined && denial.again > 0)
      this.#append({ event: 'denied-again', times: denial.again, timeMs: denial.timeMs });
  }

  #append(line: JournalLine): void {
    const bytes = Buffer.from(`${canonicalJson(line)}\n`);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      throw diskFull(error, this.path) ?? error;
    }
    this.#hash.update(bytes);
  }
}
