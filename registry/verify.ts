/**
 * Reads everything under a registry's directory and says what does not hold. Nothing is skipped: superseded partial tiles,
 * objects that no statement names, the key that the log shows. A file that belongs to nothing is a problem, too.
 */
import { sha256 } from '../core/digest.ts';
import { AssayError, type ErrorCode } from '../core/errors.ts';
import { parseEntry, signerOf } from './entries.ts';
import { Files } from './files.ts';
import { type AcceptedCheckpoint, checkpointPath, readCheckpoint, shownVerifier, verifierKeyPath } from './log.ts';
import { leafHash, treeRoot } from './merkle.ts';
import { formatVerifierKey } from './note.ts';
import { parseObjectPath } from './store.ts';
import {
  decodeBundle,
  encodeBundle,
  parseTilePath,
  type Tile,
  tileLayout,
  tilePath,
  tileReader,
  tileRoot,
  tileWidth,
  widthAt,
} from './tiles.ts';
import type { Trust } from './trust.ts';

export interface VerifyOptions {
  /** Left out: the answer is at best "intact, not trusted". */
  readonly trust?: Trust;
}

export interface Problem {
  readonly code: ErrorCode;
  /** Relative to the registry's directory. */
  readonly path: string;
  readonly reason: string;
}

export interface Verification {
  /** Everything that is there is whole and consistent with the key that the log shows. */
  readonly intact: boolean;
  /** Intact, and the log and every signer are those of the trust file. */
  readonly trusted: boolean;
  readonly origin: string | undefined;
  readonly entries: number;
  readonly objects: number;
  readonly tiles: number;
  readonly bytes: number;
  readonly problems: readonly Problem[];
  /** What a crashed writer left beyond the checkpoint: no part of the log, and replaced by the next writer. */
  readonly ignored: readonly string[];
}

/**
 * Verifies the whole directory; a registry that is not there is a problem, not an exception. Takes no lock: when a writer
 * published or tidied meanwhile, what was found is looked at again.
 */
export function verifyRegistry(directory: string, options: VerifyOptions = {}): Verification {
  const files = new Files(directory);
  for (let again = 3; ; again -= 1) {
    const before = files.read(checkpointPath);
    const result = new Verifier(files, options.trust).run();
    const moved = files.read(checkpointPath)?.equals(before ?? Buffer.alloc(0)) === false;
    const vanished = () =>
      result.problems.some(({ path }) => path.startsWith('log/tile/') && files.read(path) === undefined);
    if (again === 0 || result.problems.length === 0 || !(moved || vanished())) return result;
  }
}

/** "intact and trusted", "intact, not trusted", or what is wrong. */
export function verdictLine({ intact, trusted, problems, entries, objects }: Verification): string {
  const counts = `${entries} statements, ${objects} objects`;
  if (trusted) return `intact and trusted: ${counts}`;
  return intact ? `intact, not trusted: ${counts}` : `does not verify: ${problems.length} problems`;
}

/** Problems of trust leave the registry intact. */
const trustCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ASSAY_TRUST_MISSING', 'ASSAY_KEY_UNKNOWN']);

class Verifier {
  readonly #files: Files;
  readonly #trust: Trust | undefined;
  readonly #problems: Problem[] = [];
  readonly #ignored: string[] = [];
  readonly #tiles: { path: string; tile: Tile }[] = [];
  readonly #counts = { objects: 0, bytes: 0 };

  constructor(files: Files, trust: Trust | undefined) {
    this.#files = files;
    this.#trust = trust;
  }

  run(): Verification {
    const checkpoint = this.#attempt(checkpointPath, () => this.#checkpoint());
    this.#walk();
    if (checkpoint) this.#log(checkpoint);
    if (this.#trust === undefined)
      this.#problem('ASSAY_TRUST_MISSING', '.', 'no trust file: the registry vouches for itself only');
    const intact = checkpoint !== undefined && this.#problems.every(({ code }) => trustCodes.has(code));
    return {
      intact,
      trusted: intact && this.#problems.length === 0,
      origin: checkpoint?.origin,
      entries: checkpoint?.size ?? 0,
      objects: this.#counts.objects,
      tiles: this.#tiles.length,
      bytes: this.#counts.bytes,
      problems: this.#problems,
      ignored: this.#ignored,
    };
  }

  #checkpoint(): AcceptedCheckpoint {
    const shown = shownVerifier(this.#files);
    const trusted = this.#trust?.log;
    if (trusted && formatVerifierKey(shown) !== formatVerifierKey(trusted))
      this.#problem('ASSAY_SIGNATURE_INVALID', verifierKeyPath, `it is not the log ${trusted.name} of the trust file`);
    return readCheckpoint(this.#files, shown);
  }

  #walk(): void {
    for (const { path, plain } of this.#attempt('.', () => this.#files.walk()) ?? []) {
      const tile = path.startsWith('log/') ? parseTilePath(path.slice('log/'.length)) : undefined;
      const object = parseObjectPath(path);
      if (!plain) this.#problem('ASSAY_REGISTRY_CORRUPT', path, 'not a plain file');
      else if (tile) this.#tiles.push({ path, tile });
      else if (object !== undefined) this.#object(path, object);
      else if (path !== checkpointPath && path !== verifierKeyPath)
        this.#problem('ASSAY_REGISTRY_CORRUPT', path, 'a file that belongs to no registry');
    }
  }

  #object(path: string, digest: string): void {
    const bytes = this.#read(path);
    this.#counts.objects += 1;
    if (sha256(bytes) !== digest) this.#problem('ASSAY_OBJECT_CORRUPT', path, 'its bytes are not those of its name');
  }

  #log({ size, root }: AcceptedCheckpoint): void {
    const leaves = this.#bundles(size);
    const rows = rowsOf(leaves);
    if (leaves.length === size) {
      const read = tileReader((level, index) => (rows[level] ?? []).slice(index * tileWidth, (index + 1) * tileWidth));
      if (Buffer.compare(treeRoot(size, read), root) !== 0)
        this.#problem('ASSAY_REGISTRY_CORRUPT', checkpointPath, 'the entries do not give its root');
    }
    for (const { path, tile } of this.#tiles) if (tile.level !== 'entries') this.#tile({ path, tile, size, rows });
    for (const { level, fullTiles, partialWidth } of tileLayout(size)) {
      for (let index = 0; index < fullTiles; index += 1) this.#require({ level, index, width: tileWidth });
      if (partialWidth > 0) this.#require({ level, index: fullTiles, width: partialWidth });
    }
  }

  /** Leaf hashes of all entries; each bundle is read once, its narrower forms held against it. */
  #bundles(size: number): Buffer[] {
    const leaves: Buffer[] = [];
    const byIndex = Map.groupBy(
      this.#tiles.filter(({ tile }) => tile.level === 'entries'),
      ({ tile }) => tile.index,
    );
    for (const [index, found] of [...byIndex].sort(([a], [b]) => a - b)) {
      const width = widthAt({ level: 'entries', index }, size);
      const covered = found.filter(({ path, tile }) => tile.width <= width || this.#ignore(path));
      const main = covered.find(({ tile }) => tile.width === width);
      const entries = main && decodeBundle(this.#read(main.path));
      if (main && entries?.length !== width)
        this.#problem('ASSAY_REGISTRY_CORRUPT', main.path, `it does not hold ${width} entries`);
      if (entries?.length !== width) continue;
      for (const { path, tile } of covered) {
        if (tile.width < width && !this.#read(path).equals(encodeBundle(entries.slice(0, tile.width))))
          this.#problem('ASSAY_REGISTRY_CORRUPT', path, 'it differs from the wider bundle');
      }
      for (const [i, entry] of entries.entries()) {
        leaves.push(leafHash(entry));
        this.#entry(entry, index * tileWidth + i, (main as { path: string }).path);
      }
    }
    for (let index = 0; index * tileWidth < size; index += 1)
      this.#require({ level: 'entries', index, width: widthAt({ level: 'entries', index }, size) });
    return leaves;
  }

  #entry(bytes: Buffer, index: number, path: string): void {
    this.#attempt(`${path}#${index}`, () => {
      const entry = parseEntry(bytes, index);
      if (this.#trust) signerOf(entry, this.#trust);
    });
  }

  #tile({ path, tile, size, rows }: { path: string; tile: Tile; size: number; rows: readonly Buffer[][] }): void {
    const first = tile.index * tileWidth;
    if (tile.width > widthAt(tile, size)) {
      this.#ignore(path);
      return;
    }
    const expected = Buffer.concat((rows[tile.level as number] ?? []).slice(first, first + tile.width));
    if (!this.#read(path).equals(expected))
      this.#problem('ASSAY_REGISTRY_CORRUPT', path, 'its hashes are not those of the entries');
  }

  #require(tile: Tile): void {
    const path = `log/${tilePath(tile)}`;
    if (!this.#tiles.some((found) => found.path === path)) this.#problem('ASSAY_REGISTRY_CORRUPT', path, 'missing');
  }

  #ignore(path: string): false {
    this.#ignored.push(path);
    return false;
  }

  #read(path: string): Buffer {
    const bytes = this.#attempt(path, () => this.#files.read(path)) ?? Buffer.alloc(0);
    this.#counts.bytes += bytes.length;
    return bytes;
  }

  #attempt<T>(path: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const code = error instanceof AssayError ? error.code : 'ASSAY_REGISTRY_CORRUPT';
      this.#problem(code, path, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #problem(code: ErrorCode, path: string, reason: string): void {
    this.#problems.push({ code, path, reason });
  }
}

/** All hashes of each tile level. */
function rowsOf(leaves: Buffer[]): Buffer[][] {
  const rows = [leaves];
  for (let row = leaves; row.length >= tileWidth; rows.push(row)) {
    const below = row;
    row = Array.from({ length: Math.floor(below.length / tileWidth) }, (_, i) =>
      Buffer.from(tileRoot(below.slice(i * tileWidth, (i + 1) * tileWidth))),
    );
  }
  return rows;
}
