import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  memoryReader,
  nodeHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../registry/merkle.ts';
import {
  decodeBundle,
  encodeBundle,
  parseTilePath,
  tilePath,
  tileReader,
  tileRoot,
  widthAt,
} from '../../registry/tiles.ts';

const leavesOf = (size: number) => Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`${i}`)));
const all = leavesOf(70_000);
const read = memoryReader(all);

/** RFC 6962 section 2.1, word for word: the second implementation. */
function definition(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(definition(leaves.slice(0, k)), definition(leaves.slice(k)));
}

const size = fc.integer({ min: 1, max: 700 });
const sizeAndIndex = size.chain((n) => fc.tuple(fc.constant(n), fc.nat(n - 1)));
const twoSizes = fc.tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe('Merkle trees', () => {
  it('have the root of the definition', () => {
    fc.assert(
      fc.property(size, (n) => {
        expect(Buffer.from(treeRoot(n, read))).toEqual(Buffer.from(definition(all.slice(0, n))));
      }),
    );
  });

  it('prove inclusion of every leaf, and of no other leaf, index, root or shortened proof', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(), ([n, index], noise) => {
        const root = treeRoot(n, read);
        const proof = inclusionProof({ index, size: n }, read);
        const claim = { index, size: n, leaf: all[index], proof, root };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leaf: all[n] })).toBe(false);
        expect(verifyInclusion({ ...claim, root: all[n] })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, root] })).toBe(false);
        if (proof.length > 0) {
          expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
          const bent = proof.map((hash, i) =>
            i === noise % proof.length ? Buffer.from(hash).fill(noise % 256, 0, 1) : hash,
          );
          expect(verifyInclusion({ ...claim, proof: bent })).toBe(Buffer.concat(bent).equals(Buffer.concat(proof)));
        }
        const other = noise % n;
        expect(verifyInclusion({ ...claim, index: other })).toBe(other === index);
      }),
    );
  });

  it('prove that they grew, and nothing else', () => {
    fc.assert(
      fc.property(twoSizes, ([first, second]) => {
        const [firstRoot, secondRoot] = [treeRoot(first, read), treeRoot(second, read)];
        const proof = consistencyProof({ first, second }, read);
        const claim = { first, second, firstRoot, secondRoot, proof };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, firstRoot: all[0].map((byte) => byte ^ 1) })).toBe(false);
        expect(verifyConsistency({ ...claim, secondRoot: all[0].map((byte) => byte ^ 1) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, firstRoot] })).toBe(false);
        if (proof.length > 0) expect(verifyConsistency({ ...claim, proof: proof.slice(1) })).toBe(false);
        if (first !== second) expect(verifyConsistency({ ...claim, first: second, second: first })).toBe(false);
      }),
    );
  });

  it('sizes and indices that are none are refused', () => {
    const claim = { index: 0, size: 1, leaf: all[0], proof: [], root: all[0] };
    expect(verifyInclusion(claim)).toBe(true);
    for (const odd of [-1, 0.5, Number.NaN, Infinity]) {
      expect(verifyInclusion({ ...claim, index: odd })).toBe(false);
      expect(verifyInclusion({ ...claim, size: odd })).toBe(false);
      expect(verifyConsistency({ first: odd, second: 1, firstRoot: all[0], secondRoot: all[0], proof: [] })).toBe(
        false,
      );
    }
    expect(() => inclusionProof({ index: 1, size: 1 }, read)).toThrow(RangeError);
    expect(() => consistencyProof({ first: 2, second: 1 }, read)).toThrow(RangeError);
  });
});

describe('tiles', () => {
  it('give the same roots and proofs as the leaves, at every height', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70_000 }), fc.nat(), (n, noise) => {
        const rows: Uint8Array[][] = [all.slice(0, n)];
        for (let row = rows[0]; row.length >= 256; rows.push(row)) {
          const below = row;
          row = Array.from({ length: Math.floor(below.length / 256) }, (_, i) =>
            tileRoot(below.slice(i * 256, (i + 1) * 256)),
          );
        }
        const tiles = tileReader((level, index) => {
          const width = widthAt({ level, index }, n);
          return rows[level].slice(index * 256, index * 256 + width);
        });
        expect(Buffer.from(treeRoot(n, tiles))).toEqual(Buffer.from(treeRoot(n, read)));
        const index = noise % n;
        expect(inclusionProof({ index, size: n }, tiles).map(String)).toEqual(
          inclusionProof({ index, size: n }, read).map(String),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('have paths with one spelling', () => {
    const level = fc.oneof(fc.nat(63), fc.constant('entries' as const));
    const index = fc.oneof(fc.nat(3000), fc.nat(Number.MAX_SAFE_INTEGER));
    fc.assert(
      fc.property(level, index, fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        const tile = { level, index, width };
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
    for (const path of [
      'tile/00/000',
      'tile/0/0',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/x000/001',
      'tile/64/000',
      'tile/0/001/002',
      'tile/entries/000/',
      'tile/0/../0/000',
    ])
      expect([path, parseTilePath(path)]).toEqual([path, undefined]);
  });

  it('carry entries in bundles and notice a cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }), (entries) => {
        const bundle = encodeBundle(entries);
        expect(decodeBundle(bundle)?.map((entry) => [...entry])).toEqual(entries.map((entry) => [...entry]));
        if (bundle.length > 0) expect(decodeBundle(bundle.subarray(0, -1))).toBeUndefined();
      }),
    );
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow(
      expect.objectContaining({ code: 'ASSAY_ENTRY_TOO_LARGE' }),
    );
    expect(decodeBundle(encodeBundle([Buffer.alloc(65_535)]))).toHaveLength(1);
  });
});
