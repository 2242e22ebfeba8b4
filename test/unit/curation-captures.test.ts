/** The captures of the repository, curated: what is in them, in which order, and that it is always the same. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { type Curated, curateCaptures } from '../../curation/curate.ts';
import { readBookTape, segmentsOf } from '../../curation/dataset.ts';
import { L2Book } from '../../market/book.ts';
import { btcusdPerp, type Instrument } from '../../market/instrument.ts';
import { type BookTape, cutBookTape, QUOTE, TRADE } from '../../market/tape.ts';
import { captures, createBench, linesOf, messageOf, sharedCapture } from '../support/captures.ts';

const bench = createBench();
let curated: Curated;
let bookTape: BookTape;
const progress: string[] = [];

const read = ({ manifest, files }: Curated) => readBookTape(manifest, (digest) => files.get(digest) ?? '');

beforeAll(async () => {
  curated = await curateCaptures({
    captures,
    instrument: btcusdPerp,
    workFolder: bench.work(),
    onProgress: (what, done, total) => progress.push(`${done}/${total} ${what}`),
  });
  bookTape = await read(curated);
});
afterAll(() => bench.remove());

describe('the two captures', () => {
  test('hold as many messages as their README says', () => {
    const rest = { others: 0, parseErrors: 0 };
    expect(curated.report.captures).toEqual([
      {
        ...{ name: 'btcusd_perp_20240808.gz', lines: 48_270, deltas: 26_847, quotes: 19_136, trades: 2_286 },
        ...{ snapshots: 1, ...rest },
      },
      {
        ...{ name: 'btcusd_perp_20240809.gz', lines: 50_116, deltas: 17_948, quotes: 29_219, trades: 2_949 },
        ...{ snapshots: 0, ...rest },
      },
    ]);
  });

  test('have a recorder 1.27 s behind the exchange, found by itself', () => {
    const { offsetMs, receivedMinusSentMs } = curated.report.clock;
    expect(offsetMs).toBeGreaterThan(-1276);
    expect(offsetMs).toBeLessThan(-1270);
    expect(receivedMinusSentMs.all).toMatchObject({ count: 98_385, min: offsetMs });
    expect(receivedMinusSentMs.all.median).toBeCloseTo(-1268.8, 0);
    expect(receivedMinusSentMs['fastest of each minute'].max - offsetMs).toBeLessThan(5);
  });

  test('are numbered without a gap, carry their snapshot on, and never cross', () => {
    const { sequence, snapshot, book, order, gate } = curated.report;
    expect(sequence).toEqual({ deltas: { breaks: 0 }, quotes: { breaks: 0 }, trades: { breaks: 0 } });
    expect(snapshot).toMatchObject({ line: 37, aligned: true, deltasBefore: 23, quotesBefore: 10, tradesBefore: 1 });
    expect(snapshot.firstUpdateId).toBeLessThanOrEqual(snapshot.updateId + 1);
    expect(book).toMatchObject({ crossed: 0, crossedMs: 0, crossedQuotes: 0 });
    expect(order).toMatchObject({ raised: 0, receivedBackwards: 0 });
    expect(order.overtaken).toBeGreaterThan(0);
    expect(gate).toMatchObject({ passed: true });
  });

  test('rebuild to the published best prices and sizes after every single depth message', () => {
    const { updates, samePrices, sameTouch } = curated.report.book;
    expect(updates).toBeGreaterThan(44_000);
    expect([samePrices, sameTouch]).toEqual([updates, updates]);
  });

  test('tell how far curation is', () => {
    expect(progress[0]).toBe('0/8 unpacking btcusd_perp_20240808.gz');
    expect(progress.at(-1)).toBe('8/8 curated');
    expect(progress.length).toBe(9);
  });
});

describe('the same captures', () => {
  test('are the same dataset to the byte, wherever they lie', async () => {
    const elsewhere = join(bench.folder, 'else', 'where');
    mkdirSync(elsewhere, { recursive: true });
    const copies = captures.map((path) => join(elsewhere, basename(path)));
    for (const [i, path] of captures.entries()) copyFileSync(path, copies[i]);
    const again = await curateCaptures({ captures: copies, instrument: btcusdPerp, workFolder: bench.work() });
    expect(again.digest).toBe(curated.digest);
    expect(again.manifest).toEqual(curated.manifest);
    for (const [digest, path] of again.files) expect(sha256(readFileSync(path))).toBe(digest);
    expect([...again.files.keys()].sort()).toEqual(
      [...curated.manifest.tables.map((table) => table.sha256), curated.manifest.report].sort(),
    );
  });

  test('leave nothing of a machine in what is hashed', () => {
    const said = JSON.stringify([curated.manifest, curated.report]);
    for (const trace of [bench.folder, process.cwd(), hostname(), 'examples']) expect(said).not.toContain(trace);
  });
});

describe('the tape', () => {
  test('runs in the order of events: time never back, every trade before the quote it left', () => {
    const { tape, changes } = bookTape;
    const falls = (column: Float64Array | Int32Array) =>
      Array.from(column).reduce((sum, value, i) => sum + (i > 0 && value < column[i - 1] ? 1 : 0), 0);
    expect([falls(tape.timeMs), falls(changes.row)]).toEqual([0, 0]);
    const trades = Array.from(tape.kind.keys()).filter((row) => tape.kind[row] === TRADE && tape.bidTicks[row] > 0);
    // A taker cannot trade inside the spread that he met; the few that seem to met hidden or unpublished quotes.
    const atOrBeyond = trades.filter((row) =>
      tape.tradeLots[row] > 0 ? tape.tradeTicks[row] >= tape.askTicks[row] : tape.tradeTicks[row] <= tape.bidTicks[row],
    );
    expect(trades.length).toBeGreaterThan(5000);
    expect(atOrBeyond.length / trades.length).toBeGreaterThan(0.999);
  });

  test('carries the book that a reading of the raw lines builds, level for level, at quotes all over the stream', () => {
    const raw = rawEvents();
    const quoteRows = Array.from(bookTape.tape.kind.keys()).filter((row) => bookTape.tape.kind[row] === QUOTE);
    expect(quoteRows.length).toBe(raw.quotes.length);
    const [ours, theirs] = [new L2Book(), new L2Book()];
    let [change, message, compared] = [0, 0, 0];
    for (let n = 0; n < quoteRows.length; n += 401) {
      const row = quoteRows[n];
      const { changes, tape } = bookTape;
      for (; change < changes.length && changes.row[change] <= row; change++)
        ours.apply(changes.side[change], changes.ticks[change], changes.lots[change]);
      const quote = raw.quotes[n];
      for (; message < raw.depth.length && isBefore(raw.depth[message], quote); message++)
        for (const [side, ticks, lots] of raw.depth[message].levels) theirs.apply(side, ticks, lots);
      expect([...ours.entries()]).toEqual([...theirs.entries()]);
      expect([tape.timeMs[row], tape.bidTicks[row], tape.askTicks[row]]).toEqual([quote.t, quote.bid, quote.ask]);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('splits into three stretches that share no millisecond, and a cut keeps the book from before it', () => {
    const { calibration, validation, execution } = segmentsOf(curated.manifest, { validationMs: 200_000 });
    const [first, second] = curated.manifest.sources;
    expect(calibration).toEqual({ fromMs: first.fromMs, toMs: first.toMs });
    expect(validation).toEqual({ fromMs: second.fromMs, toMs: second.fromMs + 199_999 });
    expect(execution).toEqual({ fromMs: validation.toMs + 1, toMs: second.toMs });
    const parts = [calibration, validation, execution].map((segment) => cutBookTape(bookTape, segment));
    expect(parts.reduce((sum, { tape }) => sum + tape.length, 0)).toBe(bookTape.tape.length);
    const [whole, cut] = [new L2Book(), new L2Book()];
    const last = parts[1].tape.length - 1;
    const row = parts[0].tape.length + last;
    for (let i = 0; i < bookTape.changes.length && bookTape.changes.row[i] <= row; i++)
      whole.apply(bookTape.changes.side[i], bookTape.changes.ticks[i], bookTape.changes.lots[i]);
    const { changes } = parts[1];
    for (let i = 0; i < changes.length; i++) cut.apply(changes.side[i], changes.ticks[i], changes.lots[i]);
    expect([...cut.entries()]).toEqual([...whole.entries()]);
    expect(changes.row[changes.length - 1]).toBeLessThanOrEqual(last);
    expect(() => segmentsOf(curated.manifest, { validationMs: 400_000 })).toThrow('no longer than');
    const alone = { ...curated.manifest, sources: [first] };
    expect(() => segmentsOf(alone, { validationMs: 1000 })).toThrow('cannot be split');
  });

  test('refuses a table that is not what the manifest says', async () => {
    const { manifest, files } = curated;
    const tables = manifest.tables.map((table) => ({ ...table, rows: table.rows + 1 }));
    await expect(readBookTape({ ...manifest, tables }, (digest) => files.get(digest) ?? '')).rejects.toMatchObject({
      code: 'ASSAY_DATASET_QUALITY',
    });
    await expect(readBookTape(manifest, () => files.get(manifest.report) ?? '')).rejects.toMatchObject({
      code: 'ASSAY_DATASET_QUALITY',
    });
  });
});

describe('captures of other markets', () => {
  const ethusdPerp: Instrument = { ...btcusdPerp, symbol: 'ETHUSD_PERP', coin: 'ETH', tickUsd: '0.01', lotUsd: 10 };

  test('ethusd_perp is curated like btcusd_perp', async () => {
    const files = ['20240808', '20240809'].map((day) => sharedCapture(`hftbacktest/cm/ethusd_perp_${day}.gz`));
    if (files.includes(undefined)) return;
    const { report } = await curateCaptures({
      captures: files as string[],
      instrument: ethusdPerp,
      workFolder: bench.work(),
    });
    expect(report.captures).toMatchObject([
      { lines: 40_454, deltas: 22_909, quotes: 15_812, trades: 1_732 },
      { lines: 37_860, deltas: 16_246, quotes: 19_751, trades: 1_863 },
    ]);
    expect(report.book.sameTouch).toBe(report.book.updates);
    expect(report.gate.passed).toBe(true);
  });

  test.each([
    ['hftbacktest/spot/btcusdt_20240808.gz', 'ASSAY_CAPTURE_FORMAT'],
    ['hftbacktest/usdm/ethusdt_20240808.gz', 'ASSAY_CAPTURE_FORMAT'],
    ['hftbacktest/hyperliquid/btcusd_20250126.gz', 'ASSAY_CAPTURE_FORMAT'],
    ['trademaster/order_execution/BTC/test.csv', 'ASSAY_CAPTURE_FORMAT'],
  ])('%s is named as what it is not', async (path, code) => {
    const file = sharedCapture(path);
    if (file === undefined) return;
    const refusal = curateCaptures({ captures: [file], instrument: btcusdPerp, workFolder: bench.work() });
    await expect(refusal).rejects.toMatchObject({ code, params: { file: basename(file) } });
  });
});

interface RawDepth {
  readonly t: number;
  readonly u: number;
  readonly levels: [side: number, ticks: number, lots: number][];
}
interface RawQuote {
  readonly t: number;
  readonly u: number;
  readonly bid: number;
  readonly ask: number;
}

/** The lines read again, by other means. */
function rawEvents(): { depth: RawDepth[]; quotes: RawQuote[] } {
  const depth: RawDepth[] = [];
  const quotes: RawQuote[] = [];
  let seen = 0;
  const ticks = (price: string) => Math.round(Number(price) * 10);
  const levels = (bids: string[][], asks: string[][]) =>
    [...bids.map((level) => [1, ...level] as const), ...asks.map((level) => [-1, ...level] as const)].map(
      ([side, price, size]) => [side, ticks(String(price)), Number(size)] as RawDepth['levels'][number],
    );
  const messages = captures.flatMap(linesOf).map(messageOf);
  for (const { lastUpdateId, T, bids, asks } of messages) {
    if (lastUpdateId === undefined) continue;
    seen = lastUpdateId;
    depth.push({ t: T ?? Number.NaN, u: seen, levels: levels(bids ?? [], asks ?? []) });
  }
  for (const { data } of messages) {
    if (data === undefined || data.e === 'trade' || data.u <= seen) continue;
    if (data.e === 'depthUpdate') depth.push({ t: data.T, u: data.u, levels: levels(data.b, data.a) });
    else quotes.push({ t: data.T, u: data.u, bid: ticks(data.b), ask: ticks(data.a) });
  }
  return { depth, quotes };
}

function isBefore(depth: RawDepth, quote: RawQuote): boolean {
  return depth.t < quote.t || (depth.t === quote.t && depth.u <= quote.u);
}
