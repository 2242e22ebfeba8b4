/** The data-quality report of a dataset: what was found in its captures, what was mended, and the gate that it has to pass. */
import { type DuckDBListValue, type DuckDBValue } from '@duckdb/node-api';
import { AssayError } from '../core/errors.ts';
import { readColumns } from './dataset.ts';
import type { Duck } from './duck.ts';
import type { DatasetManifest, TableName } from './manifest.ts';
import { type BookFindings, rebuildBook } from './rebuilt-book.ts';
import type { CaptureFile, Unpacked } from './unpack.ts';

/** What a dataset may have at most (`most`) or must have at least (`least`) to be used. */
export const qualityLimits = {
  sequenceGaps: { most: 0, unit: 'breaks of the chain of depth messages' },
  tradeIdGaps: { most: 0, unit: 'breaks of the trade ids' },
  quoteRegressions: { most: 0, unit: 'quotes whose update id does not rise' },
  snapshotMisalignment: { most: 0, unit: '1 when the depth messages do not carry the snapshot on' },
  raisedTimes: { most: 0.01, unit: 'share of exchange times that ran back' },
  longestDelay: { most: 60_000, unit: 'ms from a transaction to its receipt, beyond the fastest message' },
  crossedBook: { most: 0.001, unit: 'share of the time in which the rebuilt book is crossed or locked' },
  crossedQuotes: { most: 0.001, unit: 'share of the published quotes that are crossed or locked' },
  touchAgreement: {
    least: 0.99,
    unit: 'share of depth messages after which the rebuilt best prices are the published',
  },
  quoteSilence: { most: 10_000, unit: 'ms without a quote' },
  depthSilence: { most: 10_000, unit: 'ms without a depth message' },
  tradeSilence: { most: 60_000, unit: 'ms without a trade' },
} as const satisfies Record<string, { readonly most?: number; readonly least?: number; readonly unit: string }>;

type CheckName = keyof typeof qualityLimits;

export interface QualityCheck {
  readonly name: CheckName;
  readonly unit: string;
  readonly most?: number;
  readonly least?: number;
  readonly found: number;
  readonly passed: boolean;
}

/** Recorder's time of receipt minus the exchange's of sending, ms. */
interface Differences {
  readonly count: number;
  readonly min: number;
  readonly p5: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
  readonly max: number;
}

export interface QualityReport {
  readonly kind: 'data-quality';
  readonly version: 1;
  readonly symbol: string;
  readonly captures: readonly {
    readonly name: string;
    readonly lines: number;
    readonly deltas: number;
    readonly quotes: number;
    readonly trades: number;
    readonly snapshots: number;
    /** Messages of streams that are not curated. */
    readonly others: number;
    readonly parseErrors: number;
  }[];
  readonly clock: {
    /** What has to be added to the exchange's clock to get the recorder's: negative when the recorder is behind, at least so much. */
    readonly offsetMs: number;
    readonly finding: string;
    readonly correction: string;
    readonly receivedMinusSentMs: Readonly<Record<string, Differences>>;
  };
  readonly sequence: Readonly<
    Record<'deltas' | 'quotes' | 'trades', { readonly breaks: number; readonly first?: string }>
  >;
  readonly snapshot: {
    readonly capture: string;
    readonly line: number;
    readonly eventMs: number;
    readonly updateId: number;
    /** The first depth message kept, by its update ids. */
    readonly firstUpdateId: number;
    readonly lastUpdateId: number;
    readonly aligned: boolean;
    /** Left out because the book before the snapshot is not known. */
    readonly deltasBefore: number;
    readonly quotesBefore: number;
    readonly tradesBefore: number;
    /** Left out because they did not meet the book (insurance fund and the like). */
    readonly tradesOffBook: number;
  };
  readonly order: {
    readonly events: number;
    readonly raised: number;
    readonly raisedMostMs: number;
    readonly overtaken: number;
    readonly overtakenMostMs: number;
    readonly receivedBackwards: number;
    readonly longestDelayMs: number;
  };
  readonly silences: Readonly<
    Record<
      'deltas' | 'quotes' | 'trades',
      {
        readonly medianMs: number;
        readonly p99Ms: number;
        readonly longestMs: number;
        readonly longestFromMs: number;
      }
    >
  >;
  readonly book: BookFindings;
  readonly gate: { readonly passed: boolean; readonly checks: readonly QualityCheck[] };
}

export interface QualityInputs {
  readonly symbol: string;
  readonly files: readonly CaptureFile[];
  readonly unpacked: readonly Unpacked[];
  /** The tables and where they lie; they are read back as written. */
  readonly tables: DatasetManifest['tables'];
  readonly pathOf: (name: TableName) => string;
}

/** Needs the tables `message`, `snapshot` and `event`, and the variable `offset_ns`. */
export async function qualityReport(duck: Duck, inputs: QualityInputs): Promise<QualityReport> {
  const { symbol, files, unpacked } = inputs;
  const counts = await duck.file('counts.sql');
  const found = {
    clock: await clockOf(duck, files),
    sequence: await sequenceOf(duck, files),
    snapshot: await snapshotOf(duck, files),
    order: (await duck.file('order.sql'))[0] as unknown as QualityReport['order'],
    silences: byStream(await duck.file('silences.sql')) as unknown as QualityReport['silences'],
    book: await bookOf(duck, inputs),
  };
  const checks = judge(found);
  return {
    kind: 'data-quality',
    version: 1,
    symbol,
    captures: files.map(({ name }, i) => {
      const { file: _file, ...kinds } = counts[i];
      return { name, lines: unpacked[i].lines, ...(kinds as object) } as QualityReport['captures'][number];
    }),
    ...found,
    gate: { passed: checks.every(({ passed }) => passed), checks },
  };
}

/** @throws ASSAY_DATASET_QUALITY naming every check that failed */
export function refuseUnusable({ gate, sequence }: QualityReport): void {
  if (gate.passed) return;
  const failed = gate.checks.filter(({ passed }) => !passed);
  const words = failed.map(
    ({ name, unit, found, most, least }) =>
      `${name} ${found} (${most === undefined ? `at least ${least}` : `at most ${most}`} ${unit})`,
  );
  const places = Object.values(sequence).flatMap(({ first }) => first ?? []);
  const where = places.length > 0 ? `; first at ${places.join(', ')}` : '';
  throw new AssayError('ASSAY_DATASET_QUALITY', { reason: `${words.join('; ')}${where}` });
}

type Found = Pick<QualityReport, 'sequence' | 'snapshot' | 'order' | 'silences' | 'book'>;

function judge({ sequence, snapshot, order, silences, book }: Found): QualityCheck[] {
  const found: Record<CheckName, number> = {
    sequenceGaps: sequence.deltas.breaks,
    tradeIdGaps: sequence.trades.breaks,
    quoteRegressions: sequence.quotes.breaks,
    snapshotMisalignment: snapshot.aligned ? 0 : 1,
    raisedTimes: order.raised / order.events,
    longestDelay: order.longestDelayMs,
    crossedBook: book.crossedMs / book.spanMs,
    crossedQuotes: book.crossedQuotes / book.quotes,
    touchAgreement: book.samePrices / book.updates,
    quoteSilence: silences.quotes.longestMs,
    depthSilence: silences.deltas.longestMs,
    tradeSilence: silences.trades.longestMs,
  };
  return (Object.keys(qualityLimits) as CheckName[]).map((name) => {
    const limit: { readonly most?: number; readonly least?: number; readonly unit: string } = qualityLimits[name];
    const value = found[name];
    // Written so that NaN fails.
    const passed = limit.most === undefined ? value >= (limit.least ?? Number.NaN) : value <= limit.most;
    return { name, ...limit, found: Number.isFinite(value) ? value : -1, passed };
  });
}

async function clockOf(duck: Duck, files: readonly CaptureFile[]): Promise<QualityReport['clock']> {
  const rows = await duck.file('clock.sql');
  const [{ offset }] = await duck.query("SELECT getvariable('offset_ns') / 1e6 AS offset");
  const offsetMs = Math.round((offset as number) * 1000) / 1000;
  const named = rows.map(({ what, count, quantiles }) => {
    const [min, p5, p25, median, p75, p95, max] = (quantiles as DuckDBListValue).items as number[];
    const file = /^file (\d+)$/.exec(String(what));
    return [file ? files[Number(file[1])].name : String(what), { count, min, p5, p25, median, p75, p95, max }] as const;
  });
  const behind = offsetMs < 0 ? `${-offsetMs} ms behind` : `up to ${offsetMs} ms ahead of`;
  return {
    offsetMs,
    finding: `The recorder's clock is ${offsetMs < 0 ? 'at least ' : ''}${behind} the exchange's: its fastest message shows so much.`,
    correction:
      "Event times are the exchange's transaction times. Delays of receipt are by the recorder's clock less this offset, and so count from the fastest message.",
    receivedMinusSentMs: Object.fromEntries(named) as Record<string, Differences>,
  };
}

async function sequenceOf(duck: Duck, files: readonly CaptureFile[]): Promise<QualityReport['sequence']> {
  const rows = (await duck.file('sequence.sql')).map(({ kind, breaks, file, line }) => ({
    kind,
    breaks,
    ...(file === null ? {} : { first: `${files[file as number].name}, line ${Number(line)}` }),
  }));
  return byStream(rows) as unknown as QualityReport['sequence'];
}

async function snapshotOf(duck: Duck, files: readonly CaptureFile[]): Promise<QualityReport['snapshot']> {
  const [{ file, ...found }] = await duck.file('snapshot.sql');
  return { capture: files[file as number].name, ...found } as unknown as QualityReport['snapshot'];
}

async function bookOf(duck: Duck, { tables, pathOf }: QualityInputs): Promise<BookFindings> {
  const read = (name: TableName, columns: readonly string[]) => {
    const rows = tables.find((table) => table.name === name)?.rows ?? 0;
    return readColumns(duck, { path: pathOf(name), columns, rows });
  };
  const deltas = await read('deltas', ['ordinal', 'event_ms', 'update_id', 'side', 'ticks', 'lots']);
  return rebuildBook(deltas, await read('quotes', ['update_id', 'bid_ticks', 'bid_lots', 'ask_ticks', 'ask_lots']));
}

/** Rows of a message kind, by the name of its table. */
function byStream(rows: readonly Readonly<Record<string, DuckDBValue>>[]): Record<string, object> {
  const tables: Readonly<Record<string, string>> = { deltas: 'deltas', quote: 'quotes', trade: 'trades' };
  return Object.fromEntries(rows.map(({ kind, ...row }) => [tables[String(kind)], row]));
}
