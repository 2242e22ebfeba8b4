/**
 * The registry: objects by digest, and an append-only signed log of statements about them. One directory, no server.
 * Methods are asynchronous because the same layout will live on object storage.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseCanonicalJson } from '../core/strict-json.ts';
import { type Envelope, encodeEnvelope } from './dsse.ts';
import { attribute, type Entry, parseEntry, type SignedEntry } from './entries.ts';
import { Files, type FilesOptions } from './files.ts';
import type { SigningKey } from './keys.ts';
import { type AcceptedCheckpoint, LogView, readCheckpoint, shownVerifier } from './log.ts';
import { type InclusionClaim, leafHash } from './merkle.ts';
import type { NoteVerifier } from './note.ts';
import { getObject, hasObject, putObject } from './store.ts';
import { tileWidth } from './tiles.ts';
import type { Trust } from './trust.ts';
import { appendEntries, createLog, type LogSigner, refreshCheckpoint } from './writer.ts';

export interface RegistryOptions extends FilesOptions {
  /** The log's key: a machine's. Without it the registry takes objects and reads, and appends nothing. */
  readonly logKey?: SigningKey;
  /** Whose time is signed into checkpoints; left out: the machine's. */
  readonly clock?: Clock;
}

/** Makes an empty registry whose log is called `origin`, or opens the one that is there. @throws ASSAY_REGISTRY_CORRUPT for another log's */
export async function createRegistry(
  directory: string,
  { origin, ...options }: RegistryOptions & { readonly origin: string; readonly logKey: SigningKey },
): Promise<Registry> {
  const { logKey, clock = systemClock } = options;
  createLog(new Files(directory, options), { origin, key: logKey, nowSeconds: secondsOf(clock) });
  return openRegistry(directory, options);
}

/** @throws ASSAY_REGISTRY_MISSING, ASSAY_REGISTRY_CORRUPT, ASSAY_KEY_INVALID when `logKey` is not this log's */
export async function openRegistry(directory: string, options: RegistryOptions = {}): Promise<Registry> {
  const files = new Files(directory, options);
  const verifier = shownVerifier(files);
  const { logKey, clock = systemClock } = options;
  if (logKey === undefined) return new Registry(files, verifier);
  if (logKey.keyid !== verifier.key.keyid)
    throw new AssayError('ASSAY_KEY_INVALID', {
      path: logKey.keyid,
      reason: `not the key of the log ${verifier.name}`,
    });
  return new Registry(files, verifier, { origin: verifier.name, key: logKey, nowSeconds: secondsOf(clock) });
}

export interface Appended {
  readonly index: number;
  /** Digest of the entry: how later statements name this one. */
  readonly entryDigest: Sha256;
}

/** Reads are of the newest checkpoint; what was read is kept, for a log only grows. */
export class Registry {
  readonly directory: string;
  /** The key that the log itself shows. Trust comes from a trust file, never from here. */
  readonly verifier: NoteVerifier;
  readonly #files: Files;
  readonly #signer: LogSigner | undefined;
  readonly #entries: Entry[] = [];
  readonly #indices = new Map<string, number>();

  constructor(files: Files, verifier: NoteVerifier, signer?: LogSigner) {
    this.directory = files.root;
    this.verifier = verifier;
    this.#files = files;
    this.#signer = signer;
  }

  /** Stores bytes under their digest. @throws ASSAY_DISK_FULL */
  async putObject(bytes: Uint8Array): Promise<Sha256> {
    return putObject(this.#files, bytes);
  }

  /** Stores a value as canonical JSON. @throws ASSAY_JSON_NOT_CANONICAL, ASSAY_DISK_FULL */
  async putJson(value: unknown): Promise<Sha256> {
    return putObject(this.#files, Buffer.from(canonicalJson(value)));
  }

  /** Verified bytes. @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT */
  async getObject(digest: Sha256): Promise<Buffer> {
    return getObject(this.#files, digest);
  }

  /** The value of an object in canonical JSON. @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT, ASSAY_JSON_NOT_CANONICAL */
  async getJson(digest: Sha256): Promise<unknown> {
    return parseCanonicalJson(getObject(this.#files, digest).toString('utf8'));
  }

  async hasObject(digest: Sha256): Promise<boolean> {
    return hasObject(this.#files, digest);
  }

  /**
   * Appends one statement. An envelope that the log holds already is not appended again: its entry is returned, so a step
   * that is tried twice leaves one statement.
   * @throws ASSAY_STATEMENT_INVALID, ASSAY_ENTRY_TOO_LARGE, ASSAY_KEY_MISSING, ASSAY_REGISTRY_LOCKED, ASSAY_REGISTRY_CORRUPT, ASSAY_DISK_FULL
   */
  async append(envelope: Envelope): Promise<Appended> {
    const [appended] = await this.appendAll([envelope]);
    return appended;
  }

  /** Appends in order, under one checkpoint: all of them or none. */
  async appendAll(envelopes: readonly Envelope[]): Promise<Appended[]> {
    const wanted = envelopes.map((envelope) => {
      const bytes = encodeEnvelope(envelope);
      const { digest } = parseEntry(bytes, 0);
      return { bytes, leaf: leafHash(bytes).toString('hex'), digest };
    });
    const fresh = new Map<string, Buffer>();
    const { first } = appendEntries(this.#files, this.#requireSigner(), (view) => {
      this.#index(view);
      for (const { leaf, bytes } of wanted) if (!this.#indices.has(leaf)) fresh.set(leaf, bytes);
      return [...fresh.values()];
    });
    for (const [offset, leaf] of [...fresh.keys()].entries()) this.#indices.set(leaf, first + offset);
    return wanted.map(({ leaf, digest }) => ({ index: this.#indices.get(leaf) as number, entryDigest: digest }));
  }

  /** Signs the present tree again with the present time. */
  async refresh(): Promise<AcceptedCheckpoint> {
    return refreshCheckpoint(this.#files, this.#requireSigner());
  }

  async checkpoint(): Promise<AcceptedCheckpoint> {
    return readCheckpoint(this.#files, this.verifier);
  }

  /** Every statement, in the order of the log; nothing is said about who signed. @throws ASSAY_REGISTRY_CORRUPT, ASSAY_STATEMENT_INVALID */
  async entries(): Promise<readonly Entry[]> {
    const view = this.#view();
    const fresh = view.entries(this.#entries.length);
    for (const bytes of fresh) this.#entries.push(parseEntry(bytes, this.#entries.length));
    return this.#entries.slice(0, view.size);
  }

  /** Every statement with the identity that provably signed it. */
  async signedEntries(trust: Trust): Promise<SignedEntry[]> {
    return attribute(await this.entries(), trust);
  }

  /** What `verifyInclusion` needs to prove entry `index` against the newest checkpoint. @throws ASSAY_NOT_FOUND */
  async inclusion(index: number): Promise<InclusionClaim> {
    const view = this.#view();
    if (!(index >= 0 && index < view.size)) throw new AssayError('ASSAY_NOT_FOUND', { what: `entry ${index}` });
    const [entry] = view.entries(index, index + 1);
    const { size, root } = view.checkpoint;
    return { index, size, leaf: leafHash(entry), proof: view.inclusionProof(index), root };
  }

  #view(): LogView {
    const view = new LogView(this.#files, readCheckpoint(this.#files, this.verifier));
    if (view.size < this.#entries.length)
      throw new AssayError('ASSAY_LOG_INCONSISTENT', {
        reason: `it shrank from ${this.#entries.length} to ${view.size}`,
      });
    return view;
  }

  /** Leaf hashes of entries not seen before. */
  #index(view: LogView): void {
    for (let index = this.#indices.size; index < view.size; index += 1) {
      const leaf = view.hashes(0, Math.floor(index / tileWidth))[index % tileWidth].toString('hex');
      this.#indices.set(this.#indices.has(leaf) ? `${leaf}#${index}` : leaf, index);
    }
  }

  #requireSigner(): LogSigner {
    if (this.#signer === undefined)
      throw new AssayError('ASSAY_KEY_MISSING', { path: `(the log key of ${this.directory})` });
    return this.#signer;
  }
}

function secondsOf(clock: Clock): () => number {
  return () => Math.floor(clock.now() / 1000);
}
