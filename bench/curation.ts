/** Curation of the example captures, beside DuckDB's bare `read_json` of the same messages: no check, no order, no files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { curateCaptures } from '../curation/curate.ts';
import { withDuck } from '../curation/duck.ts';
import { btcusdPerp } from '../market/instrument.ts';
import { captures } from './market.ts';
import { type Bench, type Measurement, timed } from './measurement.ts';

export const benches: readonly Bench[] = [{ name: 'curation', run: ({ scratch }) => curation(scratch) }];

async function curation(scratch: string): Promise<Measurement[]> {
  const workFolder = join(scratch, 'curation');
  const { seconds, result } = await timed(() => curateCaptures({ captures, instrument: btcusdPerp, workFolder }));
  const messages = result.manifest.sources.reduce((sum, { lines }) => sum + lines, 0);
  const bare = await bareRead(scratch);
  if (bare.rows !== messages) throw new Error(`read_json saw ${bare.rows} messages, curation ${messages}`);
  const [value, peer] = [messages / seconds, messages / bare.seconds];
  return [
    {
      bench: 'curation',
      metric: 'messages, gzip to Parquet and report',
      unit: '1/s',
      value,
      peer,
      ratio: value / peer,
    },
  ];
}

/**
 * The same lines without the time stamp before each, which is no JSON, packed as the captures are; one thread, too. Messages
 * stay JSON: some of their keys differ in case alone, which DuckDB's columns cannot.
 */
async function bareRead(folder: string): Promise<{ readonly seconds: number; readonly rows: number }> {
  const paths = captures.map((capture, i) => {
    const lines = gunzipSync(readFileSync(capture)).toString('utf8').replaceAll(/^\d+ /gm, '');
    const path = join(folder, `messages-${i}.json.gz`);
    writeFileSync(path, gzipSync(lines));
    return path;
  });
  return withDuck({ folder }, async (duck) => {
    const list = paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ');
    const { seconds } = await timed(() =>
      duck.query(
        `CREATE TABLE message AS SELECT * FROM read_json([${list}], format = 'newline_delimited', columns = {stream: 'VARCHAR', data: 'JSON'})`,
      ),
    );
    const [{ rows }] = await duck.query('SELECT count(*)::INTEGER AS rows FROM message');
    return { seconds, rows: rows as number };
  });
}
