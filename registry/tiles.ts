/** The file layout of a log: C2SP tlog-tiles. Tiles are 256 hashes wide and 8 tree levels high; bundles hold 256 entries. */
import { AssayError } from '../core/errors.ts';
import { type HashReader, nodeHash } from './merkle.ts';

export const tileWidth = 256;
const tileHeight = 8;
export const hashBytes = 32;
export const maxEntryBytes = 65_535;

export interface Tile {
  /** Height in tiles above the leaves, 0..63, or the entry bundles. */
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries inside, 1..256; below 256 the tile is partial. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits of which all but the last begin with x. */
export function tilePath({ level, index, width }: Tile): string {
  let [groups, rest] = [pad(index % 1000), Math.floor(index / 1000)];
  for (; rest > 0; rest = Math.floor(rest / 1000)) groups = `x${pad(rest % 1000)}/${groups}`;
  return `tile/${level}/${groups}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** The tile that a path names; undefined when it is not the one spelling of a tile's path. */
export function parseTilePath(path: string): Tile | undefined {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (!match) return undefined;
  const [, level, groups, partial] = match as unknown as [string, string, string, string | undefined];
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? tileWidth : Number(partial),
  };
  const isFit = tile.width >= 1 && Number.isSafeInteger(tile.index) && (tile.level === 'entries' || tile.level < 64);
  return isFit && tilePath(tile) === path ? tile : undefined;
}

export interface TileLevel {
  readonly level: number;
  readonly fullTiles: number;
  /** 0 when there is no partial tile. */
  readonly partialWidth: number;
}

/** The hash tiles of a tree of `size` leaves, level by level, up to the last that holds a hash. */
export function tileLayout(size: number): TileLevel[] {
  const levels: TileLevel[] = [];
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / tileWidth)) {
    const fullTiles = Math.floor(hashes / tileWidth);
    levels.push({ level: levels.length, fullTiles, partialWidth: hashes % tileWidth });
  }
  return levels;
}

/** Width of tile `index` at `level` in a tree of `size` leaves: 0 when the tree has no such tile. */
export function widthAt({ level, index }: Omit<Tile, 'width'>, size: number): number {
  const hashes = level === 'entries' ? size : Math.floor(size / tileWidth ** level);
  return Math.max(0, Math.min(tileWidth, hashes - index * tileWidth));
}

/** An entry bundle: each entry behind its length as a big-endian 16-bit number. @throws ASSAY_ENTRY_TOO_LARGE */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(entries.flatMap((entry) => [entryLength(entry), entry]));
}

function entryLength(entry: Uint8Array): Buffer {
  if (entry.length > maxEntryBytes) throw new AssayError('ASSAY_ENTRY_TOO_LARGE', { bytes: entry.length });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(entry.length);
  return length;
}

/** The entries of a bundle; undefined when the bytes do not end with an entry's end. */
export function decodeBundle(bundle: Buffer): Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    if (at + 2 > bundle.length) return undefined;
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** The hashes of a tile's bytes. */
export function tileHashes(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length / hashBytes }, (_, i) => bytes.subarray(i * hashBytes, (i + 1) * hashBytes));
}

/** A reader over the tiles of a log, which computes the levels inside a tile. `hashes` gives those of one tile, as wide as it is. */
export function tileReader(hashes: (level: number, index: number) => readonly Uint8Array[]): HashReader {
  return function read(level, index) {
    const tileLevel = Math.floor(level / tileHeight);
    const inner = level % tileHeight;
    const first = index * 2 ** inner;
    const tile = hashes(tileLevel, Math.floor(first / tileWidth));
    return fold(tile, first % tileWidth, 2 ** inner);
  };
}

/** Root of `count` (a power of two) hashes from `first` on. @throws RangeError when the tile is too narrow */
function fold(hashes: readonly Uint8Array[], first: number, count: number): Uint8Array {
  if (count > 1) return nodeHash(fold(hashes, first, count / 2), fold(hashes, first + count / 2, count / 2));
  const hash = hashes[first];
  if (hash === undefined) throw new RangeError(`a tile of ${hashes.length} hashes has none at ${first}`);
  return hash;
}

/** The hash that a full tile stands for one level up. */
export function tileRoot(hashes: readonly Uint8Array[]): Uint8Array {
  return fold(hashes, 0, tileWidth);
}

function pad(value: number): string {
  return String(value).padStart(3, '0');
}
