import { sha256 } from '../../../core/digest.ts';
import { isAssayError } from '../../../core/errors.ts';
import { keyFromSeed } from '../../../registry/keys.ts';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  memoryReader,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../../registry/merkle.ts';
import {
  formatVerifierKey,
  noteVerifier,
  openCheckpoint,
  openNote,
  parseVerifierKey,
  signCheckpoint,
} from '../../../registry/note.ts';
import { decodeBundle, encodeBundle, tileLayout, tilePath, tileRoot, widthAt } from '../../../registry/tiles.ts';
import type { Problems } from '../handler.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** The leaves `{"seq":<i>}` of the generated trees. */
const generated = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`{"seq":${i}}`)));
const rootHex = (leaves: readonly Uint8Array[], size = leaves.length) => toHex(treeRoot(size, memoryReader(leaves)));

interface Inclusion {
  readonly index: number;
  readonly treeSize: number;
}

export const problems = {
  'merkle-root': ({ leavesHex }: { leavesHex: string[] }) => ({
    rootHex: rootHex(leavesHex.map((leaf) => leafHash(hex(leaf)))),
  }),

  'merkle-leaf': ({ dataHex }: { dataHex: string }) => ({ leafHashHex: toHex(leafHash(hex(dataHex))) }),

  'merkle-root-generated': ({ count }: { count: number }) => {
    const leaves = generated(count);
    return { rootHex: rootHex(leaves), firstLeafHashHex: leaves[0] ? toHex(leaves[0]) : null };
  },

  'inclusion-proof': ({ index, treeSize }: Inclusion) => {
    const leaves = generated(treeSize);
    const proof = inclusionProof({ index, size: treeSize }, memoryReader(leaves));
    return { rootHex: rootHex(leaves), leafHashHex: toHex(leaves[index]), proofHex: proof.map(toHex) };
  },

  'consistency-proof': ({ firstSize, secondSize }: { firstSize: number; secondSize: number }) => {
    const leaves = generated(secondSize);
    const proof = consistencyProof({ first: firstSize, second: secondSize }, memoryReader(leaves));
    return {
      firstRootHex: rootHex(leaves, firstSize),
      secondRootHex: rootHex(leaves),
      proofHex: proof.map(toHex),
    };
  },

  'inclusion-verify': (given: Inclusion & { leafHashHex: string; proofHex: string[]; rootHex: string }) => ({
    valid: verifyInclusion({
      index: given.index,
      size: given.treeSize,
      leaf: hex(given.leafHashHex),
      proof: given.proofHex.map(hex),
      root: hex(given.rootHex),
    }),
  }),

  'consistency-verify': (given: {
    firstSize: number;
    secondSize: number;
    firstRootHex: string;
    secondRootHex: string;
    proofHex: string[];
  }) => ({
    valid: verifyConsistency({
      first: given.firstSize,
      second: given.secondSize,
      firstRoot: hex(given.firstRootHex),
      secondRoot: hex(given.secondRootHex),
      proof: given.proofHex.map(hex),
    }),
  }),

  'rekor-inclusion': (given: {
    canonicalizedBodyBase64: string;
    logIndex: number;
    treeSize: number;
    hashesBase64: string[];
    rootHashBase64: string;
  }) => {
    const leaf = leafHash(Buffer.from(given.canonicalizedBodyBase64, 'base64'));
    const proof = given.hashesBase64.map((hash) => Buffer.from(hash, 'base64'));
    const root = Buffer.from(given.rootHashBase64, 'base64');
    const valid = verifyInclusion({ index: given.logIndex, size: given.treeSize, leaf, proof, root });
    return { leafHashHex: toHex(leaf), valid };
  },

  'tile-path': (given: { level: number | 'entries'; index: number; width: number }) => ({ path: tilePath(given) }),

  'tile-layout': ({ treeSize }: { treeSize: number }) => ({ levels: tileLayout(treeSize) }),

  'tile-content': (given: { treeSize: number; level: number; index: number }) => {
    let row: Uint8Array[] = generated(given.treeSize);
    for (let level = 0; level < given.level; level += 1)
      row = Array.from({ length: Math.floor(row.length / 256) }, (_, i) => tileRoot(row.slice(i * 256, (i + 1) * 256)));
    const width = widthAt(given, given.treeSize);
    const tile = Buffer.concat(row.slice(given.index * 256, given.index * 256 + width));
    return { width, bytes: tile.length, sha256OfTileHex: sha256(tile), firstHashHex: toHex(tile.subarray(0, 32)) };
  },

  'entry-bundle': ({ entriesHex }: { entriesHex: string[] }) => {
    const bundle = encodeBundle(entriesHex.map(hex));
    const back = decodeBundle(bundle) ?? [];
    return { bundleHex: toHex(bundle), leafHashesHex: back.map((entry) => toHex(leafHash(entry))) };
  },

  'note-verifier-key': ({ verifierKey }: { verifierKey: string }) => {
    try {
      return { valid: formatVerifierKey(parseVerifierKey(verifierKey)) === verifierKey };
    } catch (error) {
      if (isAssayError(error, 'ASSAY_KEY_INVALID')) return { valid: false };
      throw error;
    }
  },

  'note-open': ({ note, verifierKeys }: { note: string; verifierKeys: string[] }) =>
    openNote(note, verifierKeys.map(parseVerifierKey)),

  'checkpoint-sign': (given: { origin: string; treeSize: number; rootHex: string; ed25519SeedHex: string }) => {
    const key = keyFromSeed(hex(given.ed25519SeedHex));
    const checkpoint = { origin: given.origin, size: given.treeSize, root: hex(given.rootHex) };
    return {
      signedCheckpoint: signCheckpoint(checkpoint, key),
      verifierKey: formatVerifierKey(noteVerifier(given.origin, key)),
    };
  },

  'checkpoint-open': (given: { signedCheckpoint: string; verifierKey: string; expectedOrigin: string }) => {
    const opened = openCheckpoint(given.signedCheckpoint, parseVerifierKey(given.verifierKey), given.expectedOrigin);
    return {
      accepted: opened.accepted,
      reason: opened.reason,
      treeSize: opened.accepted ? opened.size : null,
      rootHex: opened.accepted ? toHex(opened.root) : null,
    };
  },
} satisfies Problems;
