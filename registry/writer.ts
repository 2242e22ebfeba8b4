/**
 * The writing side of the log. Under the lock: check the frontier, remove what a crashed writer left beyond the checkpoint,
 * write the entries, then the tiles, and the checkpoint last. A reader sees the old log or the new one and nothing between.
 *
 * An append reads and writes the right edge of the tree only: one bundle and one tile a level.
 */
import { mkdirSync } from 'node:fs';
import { AssayError } from '../core/errors.ts';
import type { Files } from './files.ts';
import { type SigningKey } from './keys.ts';
import { withLock } from './lock.ts';
import { type AcceptedCheckpoint, checkpointPath, corrupt, LogView, readCheckpoint, verifierKeyPath } from './log.ts';
import { leafHash, treeRoot } from './merkle.ts';
import { formatVerifierKey, noteVerifier, openCheckpoint, signCheckpoint } from './note.ts';
import { encodeBundle, maxEntryBytes, type Tile, tilePath, tileReader, tileRoot, tileWidth } from './tiles.ts';

export interface LogSigner {
  /** The log's origin, which is the name of its note key, too. */
  readonly origin: string;
  readonly key: SigningKey;
  /** Seconds since 1970, signed into the checkpoint so that a reader can tell an old copy. */
  readonly nowSeconds: () => number;
}

/** Starts an empty log, or does nothing when this signer's log is there. @throws ASSAY_REGISTRY_CORRUPT for another log's */
export function createLog(files: Files, signer: LogSigner): void {
  mkdirSync(files.root, { recursive: true });
  withLock(files.root, () => {
    const vkey = Buffer.from(`${formatVerifierKey(noteVerifier(signer.origin, signer.key))}\n`);
    const shown = files.read(verifierKeyPath);
    if (shown !== undefined && !shown.equals(vkey)) throw corrupt(files, `${verifierKeyPath} is another log's`);
    if (shown === undefined) files.write(verifierKeyPath, vkey);
    if (files.read(checkpointPath) === undefined) publish(files, signer, { size: 0, root: treeRoot(0, () => vkey) });
  });
}

/**
 * Appends `entries` in order, or none of them.
 * @returns the index of the first, and the new checkpoint
 * @throws ASSAY_ENTRY_TOO_LARGE, ASSAY_REGISTRY_LOCKED, ASSAY_REGISTRY_CORRUPT, ASSAY_DISK_FULL
 */
export function appendEntries(files: Files, signer: LogSigner, choose: (view: LogView) => readonly Buffer[]): Appended {
  return withLock(files.root, () => {
    files.sweep();
    const view = new LogView(files, readCheckpoint(files, noteVerifier(signer.origin, signer.key)));
    const entries = choose(view);
    for (const { length } of entries)
      if (length > maxEntryBytes) throw new AssayError('ASSAY_ENTRY_TOO_LARGE', { bytes: length });
    if (entries.length === 0) return { first: view.size, checkpoint: view.checkpoint };
    removeLeftovers(files, view.size);
    const size = view.size + entries.length;
    writeBundles(files, view, entries);
    const root = writeTiles(files, view, entries.map(leafHash));
    const checkpoint = publish(files, signer, { size, root });
    removeSuperseded(files, view.size, size);
    return { first: view.size, checkpoint };
  });
}

export interface Appended {
  readonly first: number;
  readonly checkpoint: AcceptedCheckpoint;
}

/** Signs the present tree again with the present time: says "nothing newer" to readers that refuse an old checkpoint. */
export function refreshCheckpoint(files: Files, signer: LogSigner): AcceptedCheckpoint {
  return withLock(files.root, () => {
    const { size, root } = readCheckpoint(files, noteVerifier(signer.origin, signer.key));
    return publish(files, signer, { size, root });
  });
}

function publish(files: Files, signer: LogSigner, tree: { size: number; root: Uint8Array }): AcceptedCheckpoint {
  const { origin, key, nowSeconds } = signer;
  const checkpoint = { origin, size: tree.size, root: Buffer.from(tree.root), timeSeconds: nowSeconds() };
  const note = signCheckpoint(checkpoint, key);
  const opened = openCheckpoint(note, noteVerifier(origin, key));
  if (!opened.accepted) throw corrupt(files, `the checkpoint to be written is ${opened.reason}`);
  files.write(checkpointPath, Buffer.from(note));
  return opened;
}

function writeBundles(files: Files, view: LogView, entries: readonly Buffer[]): void {
  const firstTile = Math.floor(view.size / tileWidth);
  const kept = view.size % tileWidth === 0 ? [] : view.bundle(firstTile);
  const all = [...kept, ...entries];
  for (let at = 0, index = firstTile; at < all.length; at += tileWidth, index += 1) {
    const bundle = all.slice(at, at + tileWidth);
    files.write(`log/${tilePath({ level: 'entries', index, width: bundle.length })}`, encodeBundle(bundle));
  }
}

/** Extends each level by its new hashes and returns the new root. */
function writeTiles(files: Files, view: LogView, leaves: readonly Buffer[]): Uint8Array {
  const edge = new Map<string, readonly Uint8Array[]>();
  let fresh: readonly Uint8Array[] = leaves;
  for (let level = 0; fresh.length > 0; level += 1) {
    const before = Math.floor(view.size / tileWidth ** level);
    const firstTile = Math.floor(before / tileWidth);
    const kept = before % tileWidth === 0 ? [] : view.hashes(level, firstTile);
    const all = [...kept, ...fresh];
    const above: Uint8Array[] = [];
    for (let at = 0, index = firstTile; at < all.length; at += tileWidth, index += 1) {
      const hashes = all.slice(at, at + tileWidth);
      files.write(`log/${tilePath({ level, index, width: hashes.length })}`, Buffer.concat(hashes));
      edge.set(`${level}/${index}`, hashes);
      if (hashes.length === tileWidth) above.push(tileRoot(hashes));
    }
    fresh = above;
  }
  const read = tileReader((level, index) => edge.get(`${level}/${index}`) ?? view.hashes(level, index));
  return treeRoot(view.size + leaves.length, read);
}

/** Files beyond the checkpoint lie contiguously from the frontier on; the last is removed first, so that another crash leaves no gap. */
function removeLeftovers(files: Files, size: number): void {
  for (const { level, index } of frontier(size)) {
    const found: string[] = [];
    for (let at = index; ; at += 1) {
      const beyond = tilesAt(files, { level, index: at }).filter((tile) => isBeyond(tile, size));
      if (beyond.length === 0 && at > index) break;
      found.push(...beyond.map(tilePath));
    }
    for (const path of found.reverse()) files.remove(`log/${path}`);
  }
}

/** Partial tiles of which the full one is published. */
function removeSuperseded(files: Files, before: number, after: number): void {
  for (const { level, index } of frontier(before)) {
    const full = level === 'entries' || level === 0 ? after : Math.floor(after / tileWidth ** level);
    if (full < (index + 1) * tileWidth) continue;
    for (const tile of tilesAt(files, { level, index }))
      if (tile.width < tileWidth) files.remove(`log/${tilePath(tile)}`);
  }
}

/** The tile in which each level goes on, one level above the last included: a crashed writer may have begun it. */
function frontier(size: number): Omit<Tile, 'width'>[] {
  const tiles: Omit<Tile, 'width'>[] = [{ level: 'entries', index: Math.floor(size / tileWidth) }];
  for (let level = 0, hashes = size; level < 7; level += 1, hashes = Math.floor(hashes / tileWidth))
    tiles.push({ level, index: Math.floor(hashes / tileWidth) });
  return tiles;
}

function tilesAt(files: Files, { level, index }: Omit<Tile, 'width'>): Tile[] {
  const full = { level, index, width: tileWidth };
  const partial = files.list(`log/${tilePath(full)}.p`).map((name) => ({ level, index, width: Number(name) }));
  const known = partial.filter(({ width }) => Number.isInteger(width) && width >= 1 && width < tileWidth);
  return files.read(`log/${tilePath(full)}`) === undefined ? known : [...known, full];
}

export function isBeyond({ level, index, width }: Tile, size: number): boolean {
  const hashes = level === 'entries' ? size : Math.floor(size / tileWidth ** level);
  return index * tileWidth + width > hashes;
}
