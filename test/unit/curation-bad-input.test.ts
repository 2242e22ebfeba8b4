/** Captures that are not what they should be: each ends in its own code, naming file and line. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { AssayError } from '../../core/errors.ts';
import { type Curated, curateCaptures } from '../../curation/curate.ts';
import { qualityLimits } from '../../curation/quality.ts';
import { btcusdPerp } from '../../market/instrument.ts';
import { captures, createBench, linesOf, messageOf, pack } from '../support/captures.ts';

const bench = createBench();
afterAll(() => bench.remove());

/** The first 20 s or so: snapshot on line 37, then a few hundred of each kind of message. */
const lines = linesOf(captures[0]).slice(0, 4000);
const whole = readFileSync(captures[0]);
let number = 0;

/** Curates one file of these bytes. */
async function curate(bytes: Uint8Array | string): Promise<Curated> {
  const path = bench.write(`capture-${++number}.gz`, bytes);
  return curateCaptures({
    captures: [{ name: 'capture.gz', path }],
    instrument: btcusdPerp,
    workFolder: bench.work(),
  });
}

async function refusal(bytes: Uint8Array | string): Promise<AssayError> {
  return curate(bytes).then(
    () => expect.fail('it was curated'),
    (error: AssayError) => error,
  );
}

/** The lines with the message of the `n`th of its kind changed. */
function changed(
  kind: string,
  n: number,
  change: (data: Record<string, unknown>) => unknown,
): { packed: Buffer; line: number } {
  const indices = lines.flatMap((line, i) => (messageOf(line).data?.e === kind ? [i] : []));
  const i = indices[n];
  const message = messageOf(lines[i]);
  change(message.data as unknown as Record<string, unknown>);
  const line = `${lines[i].split(' ', 1)[0]} ${JSON.stringify(message)}`;
  return { packed: pack(lines.with(i, line)), line: i + 1 };
}

/** The lines with the snapshot changed. */
function snapshotWith(change: (snapshot: Record<string, unknown>) => unknown): Buffer {
  const snapshot = messageOf(lines[36]) as unknown as Record<string, unknown>;
  change(snapshot);
  return pack(lines.with(36, `${lines[36].split(' ', 1)[0]} ${JSON.stringify(snapshot)}`));
}

test('the untouched lines pass', async () => {
  expect((await curate(pack(lines))).report.gate.passed).toBe(true);
});

describe('a file', () => {
  test('that is not there', async () => {
    const nowhere = { captures: ['nowhere.gz'], instrument: btcusdPerp, workFolder: bench.work() };
    await expect(curateCaptures(nowhere)).rejects.toMatchObject({ code: 'ASSAY_INPUT_MISSING' });
  });

  test.each([
    ['of no bytes', Buffer.alloc(0)],
    ['of no lines', gzipSync('')],
  ])('%s is empty', async (_, bytes) => {
    expect(await refusal(bytes)).toMatchObject({ code: 'ASSAY_CAPTURE_EMPTY', params: { file: 'capture.gz' } });
  });

  test.each([0.9, 0.5, 0.01])('cut off after %f of its bytes is truncated', async (share) => {
    const { code, message } = await refusal(whole.subarray(0, Math.floor(share * whole.length)));
    expect(code).toBe('ASSAY_CAPTURE_TRUNCATED');
    expect(message).toMatch(/capture capture\.gz ends in the middle \(the packed data end in line \d+\)/);
  });

  test('whose last line is cut off is truncated', async () => {
    const text = `${lines.slice(0, 100).join('\n')}\n${lines[100].slice(0, 200)}`;
    const error = await refusal(gzipSync(text));
    expect(error.code).toBe('ASSAY_CAPTURE_TRUNCATED');
    expect(error.message).toContain('line 101');
  });

  test('whose last line only lacks its line break is whole', async () => {
    const { report } = await curate(gzipSync(lines.join('\n')));
    expect(report.captures[0].lines).toBe(lines.length);
  });

  test.each([0.2, 0.7])('with bytes changed at %f of its length is corrupt', async (share) => {
    const bytes = Buffer.from(whole);
    bytes.fill(0x5a, Math.floor(share * bytes.length), Math.floor(share * bytes.length) + 64);
    expect(await refusal(bytes)).toMatchObject({
      code: 'ASSAY_CAPTURE_CORRUPT',
      params: { file: 'capture.gz', line: expect.any(Number) as number },
    });
  });

  test.each([
    ['CSV', 'timestamp,side,price,amount\n1723161256,buy,61804.8,4\n'],
    ['lines as cryptofeed writes them', `1723161256.1722: ${lines[0].slice(20)}\n`],
    ['JSON without receive times', `${lines[0].slice(20)}\n`],
    ['an image', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ])('of %s is of another format', async (_, text) => {
    for (const bytes of [text, gzipSync(text)])
      expect(await refusal(bytes)).toMatchObject({ code: 'ASSAY_CAPTURE_FORMAT', params: { file: 'capture.gz' } });
  });

  test('of another instrument is named with its line', async () => {
    const { packed, line } = changed('trade', 3, (data) => (data.s = 'ETHUSD_PERP'));
    const error = await refusal(packed);
    expect(error.code).toBe('ASSAY_CAPTURE_FORMAT');
    expect(error.message).toContain(`it has a message of ETHUSD_PERP, line ${line}`);
  });

  test('without one of the streams is not what was asked for', async () => {
    const error = await refusal(pack(lines.filter((line) => messageOf(line).data?.e !== 'trade')));
    expect(error.code).toBe('ASSAY_CAPTURE_FORMAT');
    expect(error.message).toContain('stream of trades');
  });
});

describe('a line', () => {
  const corrupt = (line: number) => ({ code: 'ASSAY_CAPTURE_CORRUPT', params: { file: 'capture.gz', line } });

  test.each([
    ['broken off', lines[1234].slice(0, 150)],
    ['that is no JSON', `${lines[1234].slice(0, 150)}}`],
    ['of binary', '\u0000\u0001\u0002'],
    ['that is blank', ''],
  ])('%s is corrupt', async (_, text) => {
    expect(await refusal(pack(lines.with(1234, text)))).toMatchObject(corrupt(1235));
  });

  test('that is no UTF-8 is corrupt', async () => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
    bytes[bytes.indexOf('BTCUSD_PERP', 100_000)] = 0xff;
    expect(await refusal(bytes)).toMatchObject({ code: 'ASSAY_CAPTURE_CORRUPT' });
  });

  test.each([
    ['depthUpdate', 'pu', 'ASSAY_CAPTURE_FORMAT'],
    ['bookTicker', 'T', 'ASSAY_CAPTURE_FORMAT'],
    ['depthUpdate', 'U', 'ASSAY_CAPTURE_CORRUPT'],
    ['depthUpdate', 'b', 'ASSAY_CAPTURE_CORRUPT'],
    ['bookTicker', 'u', 'ASSAY_CAPTURE_CORRUPT'],
    ['trade', 'E', 'ASSAY_CAPTURE_CORRUPT'],
    ['trade', 'm', 'ASSAY_CAPTURE_CORRUPT'],
  ])('of a %s without %s is refused with %s%s', async (kind, field, code) => {
    const { packed, line } = changed(kind, 20, (data) => delete data[field]);
    const error = await refusal(packed);
    expect(error.code).toBe(code);
    expect(error.message).toContain(`line ${line}`);
  });
});

describe('a number', () => {
  test.each([
    ['trade', 'p', 'price', 'NaN'],
    ['trade', 'p', 'price', '-61804.8'],
    ['trade', 'p', 'price', '0'],
    ['trade', 'p', 'price', '61804.85'],
    ['trade', 'p', 'price', '6.18e4'],
    ['trade', 'q', 'size', '0'],
    ['trade', 'q', 'size', '1.5'],
    ['bookTicker', 'b', 'bid price', 'Infinity'],
    ['bookTicker', 'B', 'bid size', '-1'],
    ['bookTicker', 'a', 'ask price', ''],
    ['bookTicker', 'A', 'ask size', '99999999999'],
  ])('%s.%s, the %s, is not %s', async (...[kind, field, said, value]) => {
    const { packed, line } = changed(kind, 10, (data) => (data[field] = value));
    expect(await refusal(packed)).toMatchObject({
      code: 'ASSAY_CAPTURE_BAD_NUMBER',
      params: { file: 'capture.gz', line, field: said, value },
    });
  });

  test.each([
    ['b', ['NaN', '1'], 'bid price of level 2', 'NaN'],
    ['a', ['61805.55', '1'], 'ask price of level 2', '61805.55'],
    ['a', ['61805.5', '-3'], 'ask size of level 2', '-3'],
    ['b', ['61805.5'], 'bid size of level 2', 'missing'],
  ])('of a level of %s is not %j', async (...[side, level, field, value]) => {
    const { packed, line } = changed('depthUpdate', 40, (data) => (data[side] = [['61000.0', '1'], level]));
    expect(await refusal(packed)).toMatchObject({
      code: 'ASSAY_CAPTURE_BAD_NUMBER',
      params: { file: 'capture.gz', line, field, value },
    });
  });

  test('of the snapshot is checked like any other', async () => {
    const bytes = snapshotWith((snapshot) => (snapshot.asks as string[][]).splice(3, 1, ['1e5', '1']));
    expect(await refusal(bytes)).toMatchObject({
      code: 'ASSAY_CAPTURE_BAD_NUMBER',
      params: { line: 37, field: 'ask price of level 4', value: '1e5' },
    });
  });
});

describe('the quality gate', () => {
  const denied = async (bytes: Uint8Array) => {
    const error = await refusal(bytes);
    expect(error.code).toBe('ASSAY_DATASET_QUALITY');
    return error.message;
  };
  const without = (kind: string, n: number) => {
    const indices = lines.flatMap((line, i) => (messageOf(line).data?.e === kind ? [i] : []));
    return pack(lines.toSpliced(indices[n], 1));
  };
  test('refuses a missing depth message and says where', async () => {
    expect(await denied(without('depthUpdate', 500))).toMatch(/sequenceGaps 1 .*; first at capture\.gz, line \d+/);
  });

  test('refuses a missing trade', async () => {
    expect(await denied(without('trade', 50))).toMatch(/tradeIdGaps 1 /);
  });

  test('refuses a second capture without the first, and the two in the wrong order', async () => {
    const alone = { captures: [captures[1]], instrument: btcusdPerp, workFolder: bench.work() };
    await expect(curateCaptures(alone)).rejects.toMatchObject({
      code: 'ASSAY_DATASET_QUALITY',
      params: { reason: expect.stringContaining('btcusd_perp_20240809.gz has no snapshot') as string },
    });
    const cut = linesOf(captures[1]).slice(0, 2000);
    const first = bench.write('first.gz', pack(cut));
    const second = bench.write('second.gz', pack(lines));
    const reversed = { captures: [first, second], instrument: btcusdPerp, workFolder: bench.work() };
    await expect(curateCaptures(reversed)).rejects.toMatchObject({
      code: 'ASSAY_DATASET_QUALITY',
      params: { reason: expect.stringContaining('second.gz') as string },
    });
  });

  test('refuses a snapshot that the depth messages do not carry on', async () => {
    expect(await denied(snapshotWith((snapshot) => (snapshot.lastUpdateId = 1_007_198_631_100)))).toMatch(
      /snapshotMisalignment 1 /,
    );
  });

  test('refuses a book that stays crossed', async () => {
    const bytes = snapshotWith((snapshot) => (snapshot.bids = [['61900.7', '5'], ...(snapshot.bids as [])]));
    expect(await denied(bytes)).toMatch(/crossedBook 1 .*touchAgreement 0 /);
  });

  test('refuses a long silence', async () => {
    const quiet = (line: string) =>
      `${line.slice(0, 20)}${line.slice(20).replace(/"T":(\d+)/, (_, t: string) => `"T":${Number(t) + 20_000}`)}`;
    expect(await denied(pack([...lines.slice(0, 2000), ...lines.slice(2000).map(quiet)]))).toMatch(
      /quoteSilence 2\d{4}/,
    );
  });

  test('counts times that run back within a stream, raises a few, refuses many', async () => {
    const back = (step: number) =>
      pack(
        lines.map((line, i) =>
          i % step === 7 ? line.replace(/"T":(\d+)/, (_, t: string) => `"T":${Number(t) - 40}`) : line,
        ),
      );
    const { report } = await curate(back(400));
    expect(report.order.raised).toBeGreaterThan(0);
    expect(report.order.raisedMostMs).toBeLessThanOrEqual(40);
    expect(await denied(back(8))).toMatch(/raisedTimes 0\.\d+/);
  });

  test('has its thresholds in one table, each with a unit', () => {
    for (const limit of Object.values(qualityLimits)) expect(limit.unit.length).toBeGreaterThan(5);
  });
});

describe('a full disk', () => {
  const inputs = { captures: [captures[0]], instrument: btcusdPerp };
  const full = { code: 'ASSAY_DISK_FULL' };

  test.skipIf(process.platform !== 'linux')('while unpacking', async () => {
    const workFolder = bench.work();
    symlinkSync('/dev/full', join(workFolder, 'lines-0.txt'));
    await expect(curateCaptures({ ...inputs, workFolder })).rejects.toMatchObject(full);
  });

  test('while writing the tables', async () => {
    const workFolder = join(bench.folder, 'small-disk');
    mkdirSync(workFolder);
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=40m', 'none', workFolder], { stdio: 'ignore' });
    } catch {
      console.log('no right to mount a small disk here, so DuckDB was not tried on a full one');
      return;
    }
    try {
      const fill = (what: string) => {
        if (what !== 'writing tables') return;
        try {
          writeFileSync(join(workFolder, 'ballast'), Buffer.alloc(40 * 2 ** 20));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENOSPC' });
        }
      };
      await expect(curateCaptures({ ...inputs, workFolder, onProgress: fill })).rejects.toMatchObject(full);
    } finally {
      execFileSync('/bin/umount', [workFolder]);
    }
  });
});

test('a cancel ends curation with its code', async () => {
  const abort = new AbortController();
  const run = curateCaptures({
    captures,
    instrument: btcusdPerp,
    workFolder: bench.work(),
    signal: abort.signal,
    onProgress: (what) => {
      if (what === 'reading messages') setTimeout(() => abort.abort(), 50);
    },
  });
  await expect(run).rejects.toMatchObject({ code: 'ASSAY_CANCELLED' });
});
