/** Whatever happens to a byte of a capture, curation either reads it as it is or refuses with a code. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { isAssayError } from '../../core/errors.ts';
import { curateCaptures } from '../../curation/curate.ts';
import { btcusdPerp } from '../../market/instrument.ts';
import { captures, createBench, linesOf, pack } from '../support/captures.ts';

const bench = createBench();
afterAll(() => bench.remove());
const lines = linesOf(captures[0]).slice(0, 600);
const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
const packed = pack(lines);

let number = 0;

/** @returns the code of the refusal, or what was curated */
async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    const path = bench.write(`capture-${number++}`, bytes);
    const workFolder = bench.work();
    const captures = [{ name: 'capture', path }];
    const { digest, report } = await curateCaptures({ captures, instrument: btcusdPerp, workFolder });
    expect(report.gate.passed).toBe(true);
    return digest;
  } catch (error) {
    if (!isAssayError(error)) throw error;
    return error.code;
  }
}

const refusals = /^ASSAY_(CAPTURE_(EMPTY|TRUNCATED|CORRUPT|FORMAT|BAD_NUMBER)|DATASET_QUALITY)$|^[0-9a-f]{64}$/;

describe('a byte changed', () => {
  test('in the text ends in a code of the table or in other data, never in the same data', async () => {
    const untouched = await outcome(text);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(text);
        bytes[at] ^= flip;
        const end = await outcome(bytes);
        expect(end).toMatch(refusals);
        // The source's digest alone makes it another dataset.
        expect(end).not.toBe(untouched);
      }),
      { numRuns: 40 },
    );
  });

  test('in the packed bytes ends in a code of the table', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(packed);
        bytes[at] ^= flip;
        expect(await outcome(bytes)).toMatch(refusals);
      }),
      { numRuns: 40 },
    );
  });

  test('any length cut off the packed bytes is noticed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: packed.length - 1 }), async (length) => {
        expect(await outcome(packed.subarray(0, length))).toMatch(/^ASSAY_CAPTURE_(EMPTY|TRUNCATED|FORMAT)$/);
      }),
      { numRuns: 40 },
    );
  });
});
