/** Reads a curated dataset back: its tables as one tape with the changes of the book behind it, and its segments. */
import { AssayError } from '../core/errors.ts';
import type { Segment } from '../market/replay.ts';
import { allocateTape, type BookTape, QUOTE, TRADE } from '../market/tape.ts';
import { type Duck, withDuck } from './duck.ts';
import { type DatasetManifest, type TableName, tableOf } from './manifest.ts';

/**
 * The whole stream in the order of its ordinals; the quote in force is carried along.
 * @param pathOf where the object of a digest lies; its bytes are trusted to be what the digest says
 * @throws ASSAY_DATASET_QUALITY when a table is not what the manifest says
 */
export function readBookTape(manifest: DatasetManifest, pathOf: (sha256: string) => string): Promise<BookTape> {
  return withDuck({ folder: '' }, async (duck) => {
    const read = (name: TableName, columns: readonly string[]) => {
      const { sha256, rows } = tableOf(manifest, name);
      return readColumns(duck, { path: pathOf(sha256), columns, rows });
    };
    const quotes = await read('quotes', ['ordinal', 'event_ms', 'bid_ticks', 'bid_lots', 'ask_ticks', 'ask_lots']);
    const trades = await read('trades', ['ordinal', 'event_ms', 'side', 'ticks', 'lots']);
    const deltas = await read('deltas', ['ordinal', 'side', 'ticks', 'lots']);
    return merge(quotes, trades, deltas);
  });
}

/** Numeric columns by name; every value a double, which holds ticks, lots, ids and times exactly. */
export type Columns = Readonly<Record<string, Float64Array>>;

export interface ColumnsOf {
  readonly path: string;
  readonly columns: readonly string[];
  /** How many rows there have to be. */
  readonly rows: number;
}

/** @throws ASSAY_DATASET_QUALITY when the file is not such a table */
export async function readColumns({ connection }: Duck, { path, columns: names, rows }: ColumnsOf): Promise<Columns> {
  const list = names.map((name) => `CAST(${name} AS DOUBLE) AS ${name}`).join(', ');
  const result = await connection.run(`SELECT ${list} FROM read_parquet($path)`, { path }).catch((cause: unknown) => {
    throw new AssayError('ASSAY_DATASET_QUALITY', { reason: `a table cannot be read: ${String(cause)}` }, { cause });
  });
  if (result.rowCount !== rows)
    throw new AssayError('ASSAY_DATASET_QUALITY', {
      reason: `a table has ${result.rowCount} rows, its manifest says ${rows}`,
    });
  const columns = names.map(() => new Float64Array(rows));
  let row = 0;
  for (let c = 0; c < result.chunkCount; c++) {
    const chunk = result.getChunk(c);
    for (const [i, column] of columns.entries()) column.set(chunk.getColumnValues(i) as number[], row);
    row += chunk.rowCount;
  }
  return Object.fromEntries(names.map((name, i) => [name, columns[i]]));
}

function merge(quotes: Columns, trades: Columns, deltas: Columns): BookTape {
  const [q, t] = [quotes.ordinal.length, trades.ordinal.length];
  const tape = allocateTape(q + t);
  let [bid, bidLots, ask, askLots] = [0, 0, 0, 0];
  const ordinals = new Float64Array(q + t);
  for (let row = 0, i = 0, j = 0; row < q + t; row++) {
    const isTrade = i === q || (j < t && trades.ordinal[j] < quotes.ordinal[i]);
    if (isTrade) {
      ordinals[row] = trades.ordinal[j];
      tape.timeMs[row] = trades.event_ms[j];
      tape.tradeTicks[row] = trades.ticks[j];
      tape.tradeLots[row] = trades.side[j] * trades.lots[j];
      j++;
    } else {
      ordinals[row] = quotes.ordinal[i];
      tape.timeMs[row] = quotes.event_ms[i];
      [bid, bidLots] = [quotes.bid_ticks[i], quotes.bid_lots[i]];
      [ask, askLots] = [quotes.ask_ticks[i], quotes.ask_lots[i]];
      i++;
    }
    tape.kind[row] = isTrade ? TRADE : QUOTE;
    tape.bidTicks[row] = bid;
    tape.bidLots[row] = bidLots;
    tape.askTicks[row] = ask;
    tape.askLots[row] = askLots;
  }
  return { tape, changes: levelChanges(deltas, ordinals) };
}

/** Each change is in force from the first row of the tape that follows it. */
function levelChanges(deltas: Columns, ordinals: Float64Array): BookTape['changes'] {
  const length = deltas.ordinal.length;
  const row = new Int32Array(length);
  for (let i = 0, next = 0; i < length; i++) {
    while (next < ordinals.length && ordinals[next] < deltas.ordinal[i]) next++;
    row[i] = next;
  }
  return {
    length,
    row,
    side: Int8Array.from(deltas.side),
    ticks: Int32Array.from(deltas.ticks),
    lots: Int32Array.from(deltas.lots),
  };
}

export interface Segments {
  readonly calibration: Required<Segment>;
  readonly validation: Required<Segment>;
  readonly execution: Required<Segment>;
}

/**
 * The first capture calibrates, the first `validationMs` of the second are validation's, the rest is the executor's. No two
 * segments share a millisecond.
 * @throws ASSAY_DATASET_QUALITY when there are not two captures, or the second is not longer than `validationMs`
 */
export function segmentsOf(
  { sources }: DatasetManifest,
  { validationMs }: { readonly validationMs: number },
): Segments {
  if (sources.length < 2)
    throw new AssayError('ASSAY_DATASET_QUALITY', {
      reason: 'one capture cannot be split; validation and execution need a second one',
    });
  const [first, second] = sources;
  const toMs = Math.max(...sources.map((source) => source.toMs));
  const fromMs = Math.max(second.fromMs, first.toMs + 1);
  const split = fromMs + validationMs;
  if (!(split < second.toMs))
    throw new AssayError('ASSAY_DATASET_QUALITY', {
      reason: `its second capture is no longer than the ${validationMs} ms of validation`,
    });
  return {
    calibration: { fromMs: first.fromMs, toMs: first.toMs },
    validation: { fromMs, toMs: split - 1 },
    execution: { fromMs: split, toMs },
  };
}
