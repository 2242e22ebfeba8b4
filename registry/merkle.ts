/**
 * Merkle tree hashing and proofs: RFC 6962 section 2.1, verification by RFC 9162 sections 2.1.3.2 and 2.1.4.2.
 *
 * Proofs are built from complete subtrees only: node (level, i) covers the leaves [i 2^level, (i+1) 2^level). Whoever has
 * those hashes (an array of leaves, or the tiles of a log) is a `HashReader`, and nothing else is needed.
 * Sizes and indices are safe integers (below 2^53).
 */
import { createHash } from 'node:crypto';

/** The hash of the complete subtree number `index` of height `level`. */
export type HashReader = (level: number, index: number) => Uint8Array;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export function leafHash(data: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(data).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(nodePrefix).update(left).update(right).digest();
}

/** Root of the tree of the first `size` leaves; of none: SHA-256 of nothing. */
export function treeRoot(size: number, read: HashReader): Uint8Array {
  return size === 0 ? createHash('sha256').digest() : rangeRoot(0, size, read);
}

/** The audit path of leaf `index` in the tree of `size` leaves, sibling of the leaf first. @throws RangeError */
export function inclusionProof({ index, size }: { index: number; size: number }, read: HashReader): Uint8Array[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`leaf ${index} of a tree of ${size}`);
  const path: Uint8Array[] = [];
  let [low, high] = [0, size];
  while (high - low > 1) {
    const middle = low + split(high - low);
    if (index < middle) {
      path.push(rangeRoot(middle, high, read));
      high = middle;
    } else {
      path.push(rangeRoot(low, middle, read));
      low = middle;
    }
  }
  return path.reverse();
}

/** Proof that the tree of `first` leaves is a prefix of that of `second`; empty for equal sizes or a first of 0. @throws RangeError */
export function consistencyProof({ first, second }: { first: number; second: number }, read: HashReader): Uint8Array[] {
  if (!(first >= 0 && first <= second)) throw new RangeError(`a tree of ${first} is no prefix of one of ${second}`);
  if (first === 0 || first === second) return [];
  const path: Uint8Array[] = [];
  let [low, high, whole] = [0, second, true];
  while (first < high) {
    const middle = low + split(high - low);
    if (first <= middle) {
      path.push(rangeRoot(middle, high, read));
      high = middle;
    } else {
      path.push(rangeRoot(low, middle, read));
      low = middle;
      whole = false;
    }
  }
  if (!whole) path.push(rangeRoot(low, high, read));
  return path.reverse();
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** RFC 9162 section 2.1.3.2. A proof does not bind the size by itself: take `size` and `root` from a signed checkpoint. */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else hash = nodeHash(hash, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(hash, root);
}

export interface ConsistencyClaim {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Uint8Array;
  readonly secondRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** RFC 9162 section 2.1.4.2; equal sizes need equal roots and an empty proof, a first size of 0 an empty proof. */
export function verifyConsistency({ first, second, firstRoot, secondRoot, proof }: ConsistencyClaim): boolean {
  if (!isSize(first) || !isSize(second) || first > second) return false;
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0;
  const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
  let [node, last] = [first - 1, second - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  const seed = path.shift();
  if (seed === undefined || proof.length === 0) return false;
  let [old, fresh] = [seed, seed];
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      old = nodeHash(sibling, old);
      fresh = nodeHash(sibling, fresh);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else fresh = nodeHash(fresh, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(old, firstRoot) && equal(fresh, secondRoot);
}

/** A reader over leaf hashes in memory; each inner hash is computed once. */
export function memoryReader(leaves: readonly Uint8Array[]): HashReader {
  const levels: Uint8Array[][] = [[...leaves]];
  return function read(level, index): Uint8Array {
    const known = (levels[level] ??= [])[index];
    if (known !== undefined) return known;
    if (level === 0) throw new RangeError(`no leaf ${index}`);
    return (levels[level][index] = nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1)));
  };
}

/** Root of the leaves [low, high), where low is a multiple of the largest power of two below high - low, as in every RFC 6962 split. */
function rangeRoot(low: number, high: number, read: HashReader): Uint8Array {
  const width = high - low;
  const level = Math.log2(width);
  if (Number.isInteger(level)) return read(level, low / width);
  const middle = low + split(width);
  return nodeHash(rangeRoot(low, middle, read), rangeRoot(middle, high, read));
}

/** The largest power of two below `width` (> 1). */
function split(width: number): number {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
