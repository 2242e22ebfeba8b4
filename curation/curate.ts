/**
 * Raw captures to a dataset: lines unpacked and checked, messages read and put in order by DuckDB, tables written as Parquet,
 * and a report on their quality. The same captures give the same bytes, wherever and however fast.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import { type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { Instrument } from '../market/instrument.ts';
import { diskFull } from './disk-full.ts';
import { type Duck, engine, refuseWhenCancelled, sqlText, withDuck } from './duck.ts';
import { type DatasetManifest, manifestDigest, type TableName, tableNames } from './manifest.ts';
import { type QualityReport, qualityReport, refuseUnusable } from './quality.ts';
import { type CaptureFile, type Unpacked, unpack } from './unpack.ts';

/** Changes with whatever changes the bytes of a table. */
const writer = `assay-curation/1 ${engine}`;

export interface Curation {
  /** Paths, in the order of the stream; or paths with the names to call them by. */
  readonly captures: readonly (string | CaptureFile)[];
  readonly instrument: Instrument;
  /** For unpacked lines and the tables; what is in it may be lost. */
  readonly workFolder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

export interface Curated {
  readonly manifest: DatasetManifest;
  /** Of the manifest: the identity of the dataset. */
  readonly digest: Sha256;
  readonly report: QualityReport;
  /** Where the objects that the manifest names lie, by digest: tables and report. */
  readonly files: ReadonlyMap<Sha256, string>;
}

/**
 * @throws ASSAY_INPUT_MISSING, ASSAY_CAPTURE_EMPTY, ASSAY_CAPTURE_TRUNCATED, ASSAY_CAPTURE_CORRUPT, ASSAY_CAPTURE_FORMAT,
 * ASSAY_CAPTURE_BAD_NUMBER naming file and line; ASSAY_DATASET_QUALITY; ASSAY_DISK_FULL; ASSAY_CANCELLED
 */
export async function curateCaptures({
  captures,
  instrument,
  workFolder,
  signal,
  onProgress,
}: Curation): Promise<Curated> {
  const files = captures.map((one) => (typeof one === 'string' ? { name: basename(one), path: one } : one));
  if (files.length === 0) throw new AssayError('ASSAY_USAGE', { reason: 'no capture to curate' });
  const steps = 2 * files.length + 4;
  let done = 0;
  const begin = (what: string) => {
    refuseWhenCancelled(signal);
    onProgress?.(what, done++, steps);
  };
  try {
    mkdirSync(workFolder, { recursive: true });
    return await withDuck({ folder: workFolder, signal }, async (duck) => {
      const unpacked = await readLines(duck, files, { workFolder, begin });
      begin('reading messages');
      await readMessages(duck, files, instrument);
      begin('putting events in order');
      await requireStreams(duck, files, instrument.symbol);
      await duck.file('events.sql');
      await requireSnapshot(duck, files);
      await duck.query(
        "SET VARIABLE offset_ns = (SELECT min(received_ns - sent_ms * 1000000) FROM message WHERE kind IN ('deltas', 'quote', 'trade'))",
      );
      begin('writing tables');
      const tables: DatasetManifest['tables'] = [];
      for (const name of tableNames) tables.push(await writeTable(duck, name, workFolder));
      begin('judging quality');
      const pathOf = (name: TableName) => join(workFolder, `${name}.parquet`);
      const report = await qualityReport(duck, { symbol: instrument.symbol, files, unpacked, tables, pathOf });
      const reportText = canonicalJson(report);
      const reportPath = join(workFolder, 'quality.json');
      writeFileSync(reportPath, reportText);
      refuseUnusable(report);
      const manifest: DatasetManifest = {
        kind: 'dataset',
        version: 1,
        writer,
        instrument: { ...instrument },
        sources: await sourcesOf(duck, files, unpacked),
        tables,
        report: sha256(reportText),
      };
      onProgress?.('curated', steps, steps);
      return {
        manifest,
        digest: manifestDigest(manifest),
        report,
        files: new Map([
          ...tables.map(({ name, sha256: digest }) => [digest, pathOf(name)] as const),
          [manifest.report, reportPath],
        ]),
      };
    });
  } catch (error) {
    throw diskFull(error, workFolder) ?? error;
  }
}

interface LineReading {
  readonly workFolder: string;
  readonly begin: (what: string) => void;
}

async function readLines(
  duck: Duck,
  files: readonly CaptureFile[],
  { workFolder, begin }: LineReading,
): Promise<Unpacked[]> {
  await duck.query('CREATE TABLE line (file INTEGER, line INTEGER, received_ns BIGINT, json VARCHAR)');
  const unpacked: Unpacked[] = [];
  for (const [file, capture] of files.entries()) {
    const path = join(workFolder, `lines-${file}.txt`);
    try {
      begin(`unpacking ${capture.name}`);
      unpacked.push(await unpack(capture, path));
      begin(`loading ${capture.name}`);
      await duck.file('lines.sql', { file, path });
    } finally {
      rmSync(path, { force: true });
    }
    const [{ lines }] = await duck.query('SELECT count(*)::INTEGER AS lines FROM line WHERE file = $file', { file });
    if (lines !== unpacked[file].lines)
      throw new AssayError('ASSAY_INTERNAL', {
        reason: `${String(lines)} of ${unpacked[file].lines} lines were loaded`,
      });
  }
  return unpacked;
}

async function readMessages(duck: Duck, files: readonly CaptureFile[], { symbol, tickUsd }: Instrument): Promise<void> {
  await duck.query(`SET VARIABLE tick = ${Number(tickUsd).toFixed(8)}::DECIMAL(18, 8)`);
  await duck.query('SET VARIABLE lot = 1::DECIMAL(18, 8)');
  await duck.query(`SET VARIABLE symbol = '${symbol.replaceAll("'", "''")}'`);
  await duck.file('messages.sql');
  await duck.file('numbers.sql');
  const [wrong] = await duck.file('refuse.sql');
  if (wrong === undefined) return;
  const { what, line, field, said } = wrong as { what: string; line: number; field: string; said: string };
  const file = files[wrong.file as number].name;
  if (what === 'number') throw new AssayError('ASSAY_CAPTURE_BAD_NUMBER', { file, line, field, value: said });
  if (what === 'corrupt') throw new AssayError('ASSAY_CAPTURE_CORRUPT', { file, line, reason: said });
  throw new AssayError('ASSAY_CAPTURE_FORMAT', {
    file,
    expected: `${symbol} futures`,
    reason: `${said}, line ${line}`,
  });
}

/** @throws ASSAY_CAPTURE_FORMAT when one of the three streams is nowhere in the captures */
async function requireStreams(duck: Duck, files: readonly CaptureFile[], symbol: string): Promise<void> {
  const counts = await duck.file('counts.sql');
  for (const stream of tableNames)
    if (counts.every((row) => row[stream] === 0))
      throw new AssayError('ASSAY_CAPTURE_FORMAT', {
        file: files.map(({ name }) => name).join(', '),
        expected: `${symbol} futures`,
        reason: `none of its messages is of the stream of ${stream}`,
      });
}

async function requireSnapshot(duck: Duck, files: readonly CaptureFile[]): Promise<void> {
  const [{ found }] = await duck.query('SELECT count(*)::INTEGER AS found FROM snapshot');
  if (found === 0)
    throw new AssayError('ASSAY_DATASET_QUALITY', {
      reason: `${files[0].name} has no snapshot of the book and nothing precedes it; name the capture that it carries on from before it`,
    });
}

/** Writes one table. Fixed packing: nothing but the rows may decide its bytes. */
async function writeTable(duck: Duck, name: TableName, folder: string): Promise<DatasetManifest['tables'][number]> {
  const path = join(folder, `${name}.parquet`);
  rmSync(path, { force: true });
  const select = sqlText(`${name}.sql`);
  await duck.query(
    `COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880, PARQUET_VERSION v1)`,
  );
  const schema = await duck.query(`DESCRIBE ${select}`);
  const [{ rows }] = await duck.query('SELECT count(*)::INTEGER AS rows FROM read_parquet($path)', { path });
  return {
    name,
    schema: schema.map(({ column_name, column_type }) => ({ column: String(column_name), type: String(column_type) })),
    rows: rows as number,
    sha256: sha256(readFileSync(path)),
  };
}

async function sourcesOf(
  duck: Duck,
  files: readonly CaptureFile[],
  unpacked: readonly Unpacked[],
): Promise<DatasetManifest['sources']> {
  const spans = await duck.query(
    'SELECT file, min(event_ms)::DOUBLE AS "fromMs", max(event_ms)::DOUBLE AS "toMs" FROM event GROUP BY file ORDER BY file',
  );
  return files.map(({ name }, file) => {
    const span = spans.find((row) => row.file === file);
    if (span === undefined)
      throw new AssayError('ASSAY_DATASET_QUALITY', { reason: `${name} has nothing after the snapshot of the book` });
    return { name, ...unpacked[file], fromMs: span.fromMs as number, toMs: span.toMs as number };
  });
}
