/**
 * Checkpoints of a training run: atomic (written aside, flushed, renamed), complete (nothing else is needed to go on) and
 * self-verifying (the last 32 bytes are the SHA-256 of all before). The last two are kept.
 *
 * Layout: "ASSAYCP1", length of the header (uint32, little-endian), header (canonical JSON), theta, m, v (float32,
 * little-endian), SHA-256. Randomness needs no place in it: every stream is derived from (seed, update).
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { LearnerState } from './learner.ts';

export interface Checkpoint {
  /** Digest of everything that decides the run; a checkpoint continues only the run that wrote it. */
  readonly runDigest: Sha256;
  /** Updates done. */
  readonly update: number;
  readonly learner: LearnerState;
  /** Metrics of each update so far. */
  readonly history: readonly Readonly<Record<string, number | null>>[];
}

const magic = Buffer.from('ASSAYCP1');
const name = /^update-(\d{8})\.ckpt$/;
const kept = 2;

/** Write `checkpoint` into `directory` and forget all but the newest two, and what a crash left half-written. @throws ASSAY_DISK_FULL */
export function writeCheckpoint(directory: string, checkpoint: Checkpoint): void {
  const file = join(directory, `update-${String(checkpoint.update).padStart(8, '0')}.ckpt`);
  try {
    mkdirSync(directory, { recursive: true });
    const aside = `${file}.tmp`;
    flush(aside, encode(checkpoint));
    renameSync(aside, file);
    flush(directory);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new AssayError('ASSAY_DISK_FULL', { path: file }, { cause });
    throw cause;
  }
  const torn = readdirSync(directory).filter((other) => other.endsWith('.ckpt.tmp'));
  for (const old of [...list(directory).slice(kept), ...torn]) rmSync(join(directory, old), { force: true });
}

/**
 * The newest checkpoint in `directory` that is whole, or null when there is none. A damaged one is passed over for the one
 * before it.
 * @throws ASSAY_CHECKPOINT_INVALID when all are damaged, or when the newest whole one belongs to another run
 */
export function readCheckpoint(directory: string, runDigest: Sha256): Checkpoint | null {
  let damage: AssayError | null = null;
  for (const file of list(directory)) {
    const path = join(directory, file);
    let checkpoint: Checkpoint;
    try {
      checkpoint = decode(readFileSync(path), path);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      damage ??= error;
      continue;
    }
    if (checkpoint.runDigest !== runDigest)
      throw invalid(path, `written by another run: its configuration, environment or network differs`);
    return checkpoint;
  }
  if (damage !== null) throw damage;
  return null;
}

/** Names of checkpoint files, newest first. */
function list(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => name.test(file))
      .sort()
      .reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Write `bytes` to `path`, or only flush what is there (a directory's entries), until the disk has it. */
function flush(path: string, bytes?: Uint8Array): void {
  const handle = openSync(path, bytes === undefined ? 'r' : 'w');
  try {
    for (let at = 0; bytes !== undefined && at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function encode({ runDigest, update, learner, history }: Checkpoint): Uint8Array {
  const { theta, m, v, adamSteps } = learner;
  const header = Buffer.from(canonicalJson({ runDigest, update, adamSteps, parameters: theta.length, history }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const floats = [theta, m, v].map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength));
  const body = Buffer.concat([magic, length, header, ...floats]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

function decode(bytes: Buffer, path: string): Checkpoint {
  const body = bytes.subarray(0, -32);
  if (bytes.length < magic.length + 36 || !magic.equals(body.subarray(0, magic.length)))
    throw invalid(path, 'not a checkpoint');
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(-32)))
    throw invalid(path, 'its bytes do not match its digest');
  const start = magic.length + 4;
  const end = start + body.readUInt32LE(magic.length);
  const header = JSON.parse(body.subarray(start, end).toString()) as {
    readonly runDigest: Sha256;
    readonly update: number;
    readonly adamSteps: number;
    readonly parameters: number;
    readonly history: Checkpoint['history'];
  };
  const { runDigest, update, adamSteps, parameters, history } = header;
  const floats = (index: number): Float32Array => {
    const at = end + index * parameters * 4;
    return new Float32Array(new Uint8Array(body.subarray(at, at + parameters * 4)).buffer);
  };
  return { runDigest, update, history, learner: { theta: floats(0), m: floats(1), v: floats(2), adamSteps } };
}

function invalid(path: string, reason: string): AssayError {
  return new AssayError('ASSAY_CHECKPOINT_INVALID', { path, reason });
}
