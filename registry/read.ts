/**
 * The executor's side: offline, read-only, and trusting nothing but the trust file and what it accepted before. It never
 * takes a shorter, a different, an older or a stale log for the one it knows.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Clock } from '../core/clock.ts';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseCanonicalJson } from '../core/strict-json.ts';
import { attribute, parseEntry, type SignedEntry, subjectOf } from './entries.ts';
import { diskFull, Files } from './files.ts';
import { type LineState, lineState, type Version } from './line-state.ts';
import { ancestors, materialsOf, productsOf } from './lineage.ts';
import { type AcceptedCheckpoint, checkpointPath, corrupt, LogView } from './log.ts';
import { verifyConsistency } from './merkle.ts';
import { openCheckpoint } from './note.ts';
import { stateError } from './policy.ts';
import { getObject, hasObject } from './store.ts';
import type { Trust } from './trust.ts';

export interface ReadOptions {
  readonly clock: Clock;
  /** File, outside the registry, that remembers the last checkpoint accepted. Left out: nothing is remembered. */
  readonly remembered?: string;
  /** Oldest checkpoint that is accepted; left out: any age. */
  readonly maxAgeSeconds?: number;
}

/**
 * Opens a registry that `trust` vouches for and remembers its checkpoint.
 * @throws ASSAY_REGISTRY_MISSING, ASSAY_REGISTRY_CORRUPT, ASSAY_SIGNATURE_INVALID (another log's checkpoint),
 * ASSAY_LOG_INCONSISTENT (smaller, older or forked), ASSAY_LOG_STALE
 */
export function openTrusted(directory: string, trust: Trust, options: ReadOptions): TrustedRegistry {
  const files = new Files(directory);
  const checkpoint = trustedCheckpoint(files, trust);
  const view = new LogView(files, checkpoint);
  if (options.remembered !== undefined) continueFrom(options.remembered, view);
  const nowMs = nowOf(checkpoint, options);
  const registry = new TrustedRegistry(files, { trust, view, nowMs });
  if (options.remembered !== undefined) remember(options.remembered, checkpoint);
  return registry;
}

/** What one checkpoint shows, verified. */
export class TrustedRegistry {
  readonly checkpoint: AcceptedCheckpoint;
  readonly entries: readonly SignedEntry[];
  /** The later of the clock's time and the log's: turning the clock back revives no approval. */
  readonly nowMs: number;
  readonly #files: Files;

  constructor(files: Files, { trust, view, nowMs }: { trust: Trust; view: LogView; nowMs: number }) {
    this.#files = files;
    this.nowMs = nowMs;
    this.checkpoint = view.checkpoint;
    // The view returns an entry only when its leaf, its tile and every tile above lead to the checkpoint's root.
    const parsed = view.entries().map(parseEntry);
    this.entries = attribute(parsed, trust);
  }

  line(name: string): LineState {
    return lineState(name, this.entries, this.nowMs);
  }

  /** The bytes of a version's model or schedule, if it may run now. @throws what `approvalState` says, ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT, ASSAY_MODEL_INVALID */
  load(version: Version): Buffer {
    if (version.approval.state !== 'approved') throw stateError(version.model, version.approval);
    const bytes = this.object(version.model);
    if (version.kind === 'fallback') requireSchedule(version.model, bytes);
    return bytes;
  }

  /** Verified bytes: what is hashed is what is returned. @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT */
  object(digest: Sha256): Buffer {
    return getObject(this.#files, digest);
  }

  /**
   * Verifies what a line vouches for: of its champion, its newest approved version and its fallback every statement that led
   * to them or is about them, and every object these name. Model and report have to be there; other objects may be elsewhere
   * (raw captures are), and are then listed.
   * @throws ASSAY_NOT_FOUND, ASSAY_NOT_APPROVED and its kin, ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT
   */
  verifyClosure(line: string): Closure {
    const { versions, champion, approved, fallback } = this.line(line);
    const latest = versions.at(-1);
    if (latest === undefined) throw new AssayError('ASSAY_NOT_FOUND', { what: `line ${line}` });
    const vouched = new Set([champion, approved, fallback].filter((version) => version !== undefined));
    if (vouched.size === 0) throw stateError(latest.model, latest.approval);
    const statements = new Set<SignedEntry>();
    for (const version of vouched) {
      this.load(version);
      if (version.approval.terms) this.object(version.approval.terms.report);
      for (const entry of this.#closureOf(version.model)) statements.add(entry);
    }
    const named = new Set(
      [...statements].flatMap((entry) => [
        ...productsOf(entry),
        ...materialsOf(entry).map(({ digest }) => digest),
        subjectOf(entry),
      ]),
    );
    for (const { digest } of this.entries) named.delete(digest);
    const here = [...named].filter((digest) => hasObject(this.#files, digest));
    for (const digest of here) this.object(digest);
    const elsewhere = [...named].filter((digest) => !here.includes(digest));
    return { line, versions: [...vouched], statements: statements.size, objects: here.length, elsewhere };
  }

  #closureOf(model: Sha256): SignedEntry[] {
    const about = this.entries.filter((entry) => subjectOf(entry) === model);
    const unproved = about.find(({ by }) => by === undefined);
    if (unproved) throw new AssayError('ASSAY_KEY_UNKNOWN', { keyid: unproved.keyid });
    return [...about, ...ancestors(model, this.entries)];
  }
}

export interface Closure {
  readonly line: string;
  readonly versions: readonly Version[];
  readonly statements: number;
  /** Objects of this registry that were read and hashed. */
  readonly objects: number;
  /** Digests that statements name and this registry does not hold. */
  readonly elsewhere: readonly Sha256[];
}

/** A fallback passed no comparison, so it has to be a schedule that people can read: one JSON object, and no network. */
function requireSchedule(digest: Sha256, bytes: Buffer): void {
  try {
    const value = parseCanonicalJson(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  } catch {
    // said below
  }
  throw new AssayError('ASSAY_MODEL_INVALID', {
    digest,
    reason: 'a fallback is a schedule as one canonical JSON object',
  });
}

const memorySchema = z.strictObject({
  origin: z.string(),
  size: z.int().min(0),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  timeSeconds: z.int().min(0).optional(),
});

function trustedCheckpoint(files: Files, { log }: Trust): AcceptedCheckpoint {
  const bytes = files.read(checkpointPath);
  if (bytes === undefined) throw new AssayError('ASSAY_REGISTRY_MISSING', { path: files.root });
  const opened = openCheckpoint(bytes.toString('utf8'), log);
  if (!opened.accepted) {
    if (opened.reason === 'malformed') throw corrupt(files, `${checkpointPath}: malformed`);
    const reason = `the checkpoint is not signed by the log ${log.name} of the trust file`;
    throw new AssayError('ASSAY_SIGNATURE_INVALID', { keyid: log.key.keyid, reason });
  }
  if (!Number.isSafeInteger(opened.size)) throw corrupt(files, `${checkpointPath}: a tree of ${opened.size} entries`);
  return opened;
}

function nowOf({ timeSeconds }: AcceptedCheckpoint, { clock, maxAgeSeconds }: ReadOptions): number {
  const now = clock.now();
  if (!Number.isFinite(now)) throw new AssayError('ASSAY_NOT_FINITE', { what: 'the clock' });
  if (maxAgeSeconds === undefined) return Math.max(now, (timeSeconds ?? 0) * 1000);
  const ageSeconds = timeSeconds === undefined ? Infinity : Math.floor(now / 1000) - timeSeconds;
  if (!(ageSeconds <= maxAgeSeconds))
    throw new AssayError('ASSAY_LOG_STALE', { ageSeconds, limitSeconds: maxAgeSeconds });
  return Math.max(now, (timeSeconds ?? 0) * 1000);
}

function continueFrom(path: string, view: LogView): void {
  const known = recall(path);
  if (known === undefined) return;
  const { origin, size, root, timeSeconds } = view.checkpoint;
  const refuse = (reason: string) => new AssayError('ASSAY_LOG_INCONSISTENT', { reason });
  if (origin !== known.origin) throw refuse(`it is called ${origin}, not ${known.origin}`);
  if (size < known.size) throw refuse(`it has ${size} entries, ${known.size} were seen`);
  const proof = view.consistencyProof(known.size);
  const firstRoot = Buffer.from(known.root, 'hex');
  if (!verifyConsistency({ first: known.size, second: size, firstRoot, secondRoot: root, proof }))
    throw refuse(`its first ${known.size} entries are not those that were seen`);
  if (known.timeSeconds !== undefined && !((timeSeconds ?? -1) >= known.timeSeconds))
    throw refuse('its checkpoint is older than one that was seen');
}

function recall(path: string): z.infer<typeof memorySchema> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return memorySchema.parse(parseCanonicalJson(text));
  } catch (cause) {
    throw new AssayError('ASSAY_LOG_INCONSISTENT', { reason: `${path} cannot be read` }, { cause });
  }
}

function remember(path: string, { origin, size, root, timeSeconds }: AcceptedCheckpoint): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, canonicalJson({ origin, size, root: root.toString('hex'), timeSeconds }), { flush: true });
    renameSync(temporary, path);
  } catch (error) {
    throw diskFull(error, path) ?? error;
  }
}
