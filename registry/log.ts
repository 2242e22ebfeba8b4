/**
 * The reading side of the log: what the checkpoint vouches for, and nothing beyond it. Every entry that is read is held
 * against the tree; a tile or a bundle that disagrees with the signed root is never returned.
 */
import { AssayError } from '../core/errors.ts';
import type { Files } from './files.ts';
import { consistencyProof, type HashReader, inclusionProof, leafHash, treeRoot } from './merkle.ts';
import { type NoteVerifier, type OpenedCheckpoint, openCheckpoint, parseVerifierKey } from './note.ts';
import {
  decodeBundle,
  hashBytes,
  type Tile,
  tileHashes,
  tilePath,
  tileReader,
  tileRoot,
  tileWidth,
  widthAt,
} from './tiles.ts';

export type AcceptedCheckpoint = Extract<OpenedCheckpoint, { accepted: true }>;

export const checkpointPath = 'log/checkpoint';
export const verifierKeyPath = 'log/vkey';

/** The verifier key that the log itself shows: enough to say "intact", never "trusted". @throws ASSAY_REGISTRY_CORRUPT, ASSAY_REGISTRY_MISSING */
export function shownVerifier(files: Files): NoteVerifier {
  const bytes = files.read(verifierKeyPath);
  if (bytes === undefined) throw new AssayError('ASSAY_REGISTRY_MISSING', { path: files.root });
  const text = bytes.toString('latin1');
  try {
    if (text.endsWith('\n')) return parseVerifierKey(text.slice(0, -1));
  } catch {
    // said below, with the path
  }
  throw corrupt(files, `${verifierKeyPath} is not one note verifier key and a newline`);
}

/** The newest checkpoint, if `verifier` signed it. @throws ASSAY_REGISTRY_MISSING, ASSAY_REGISTRY_CORRUPT */
export function readCheckpoint(files: Files, verifier: NoteVerifier): AcceptedCheckpoint {
  const bytes = files.read(checkpointPath);
  if (bytes === undefined) throw new AssayError('ASSAY_REGISTRY_MISSING', { path: files.root });
  const opened = openCheckpoint(utf8(files, bytes), verifier);
  if (!opened.accepted) throw corrupt(files, `${checkpointPath}: ${opened.reason}`);
  if (!Number.isSafeInteger(opened.size)) throw corrupt(files, `${checkpointPath}: a tree of ${opened.size} entries`);
  return opened;
}

/** The log as one checkpoint shows it. Tiles are read when needed and kept. */
export class LogView {
  readonly checkpoint: AcceptedCheckpoint;
  readonly #files: Files;
  readonly #tiles = new Map<string, readonly Buffer[]>();
  readonly #hash: HashReader;

  /** @throws ASSAY_REGISTRY_CORRUPT when the tiles do not give the checkpoint's root */
  constructor(files: Files, checkpoint: AcceptedCheckpoint) {
    this.#files = files;
    this.checkpoint = checkpoint;
    this.#hash = tileReader((level, index) => this.hashes(level, index));
    if (Buffer.compare(treeRoot(checkpoint.size, this.#hash), checkpoint.root) !== 0)
      throw corrupt(files, 'the tiles do not give the root of the checkpoint');
  }

  get size(): number {
    return this.checkpoint.size;
  }

  /** The entries [from, to), each held against its leaf hash. @throws ASSAY_REGISTRY_CORRUPT */
  entries(from = 0, to = this.size): Buffer[] {
    const found: Buffer[] = [];
    for (let tile = Math.floor(from / tileWidth); tile * tileWidth < to; tile += 1) {
      const first = tile * tileWidth;
      const bundle = this.bundle(tile);
      for (let i = Math.max(from, first); i < Math.min(to, first + bundle.length); i += 1)
        found.push(bundle[i - first]);
    }
    return found;
  }

  /** All entries of bundle `index` that the checkpoint covers, held against the level-0 tile. @throws ASSAY_REGISTRY_CORRUPT */
  bundle(index: number): Buffer[] {
    const width = widthAt({ level: 'entries', index }, this.size);
    const path = tilePath({ level: 'entries', index, width });
    const entries = decodeBundle(this.#widest({ level: 'entries', index, width }))?.slice(0, width);
    if (entries?.length !== width) throw corrupt(this.#files, `log/${path} does not hold ${width} entries`);
    const leaves = this.hashes(0, index);
    const odd = entries.findIndex((entry, i) => !leafHash(entry).equals(leaves[i]));
    if (odd >= 0)
      throw corrupt(this.#files, `log/${path}: entry ${index * tileWidth + odd} is not what the tree holds`);
    return entries;
  }

  /** The hashes of a tile that the checkpoint covers. @throws ASSAY_REGISTRY_CORRUPT */
  hashes(level: number, index: number): readonly Buffer[] {
    const tile = { level, index, width: widthAt({ level, index }, this.size) };
    const path = tilePath(tile);
    let hashes = this.#tiles.get(path);
    if (hashes === undefined) {
      const bytes = this.#widest(tile);
      if (bytes.length < tile.width * hashBytes) throw corrupt(this.#files, `log/${path} is too short`);
      hashes = tileHashes(bytes.subarray(0, tile.width * hashBytes));
      this.#holdAgainstParent(tile, hashes);
      this.#tiles.set(path, hashes);
    }
    return hashes;
  }

  /** The audit path of an entry, for `verifyInclusion` with the checkpoint's size and root. */
  inclusionProof(index: number): Uint8Array[] {
    return inclusionProof({ index, size: this.size }, this.#hash);
  }

  /** Root and proof of an earlier size of this log, for `verifyConsistency`. */
  consistencyProof(first: number): Uint8Array[] {
    return consistencyProof({ first, second: this.size }, this.#hash);
  }

  /** A full tile is one hash of the tile above; the partial ones are what the root was computed from. */
  #holdAgainstParent(tile: Tile & { level: number }, hashes: readonly Buffer[]): void {
    if (tile.width < tileWidth) return;
    const parent = this.hashes(tile.level + 1, Math.floor(tile.index / tileWidth));
    if (Buffer.compare(tileRoot(hashes), parent[tile.index % tileWidth]) !== 0)
      throw corrupt(this.#files, `log/${tilePath(tile)} is not what the tree holds`);
  }

  /** A tile's file, or the full tile of which it is the beginning: superseded partial ones may be gone. */
  #widest(tile: Tile): Buffer {
    const path = tilePath(tile);
    const bytes = this.#files.read(`log/${path}`) ?? this.#files.read(`log/${tilePath({ ...tile, width: tileWidth })}`);
    if (bytes === undefined) throw corrupt(this.#files, `log/${path} is missing`);
    return bytes;
  }
}

export function corrupt(files: Files, reason: string): AssayError {
  return new AssayError('ASSAY_REGISTRY_CORRUPT', { path: files.root, reason });
}

/** A note's text; bytes that are not UTF-8 become a text that no signature matches. */
function utf8(files: Files, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw corrupt(files, `${checkpointPath} is not UTF-8`);
  }
}
