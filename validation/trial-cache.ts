/**
 * Results of trials, kept for the next candidate: how the baselines fare does not depend on it. What is kept is found again
 * only by whoever asks for the same contender on the same episodes of the same market, computed by the same code; a file that
 * does not verify is as good as none. Kept in a folder of one identity: nobody's evidence rests on what another has computed.
 *
 * Layout: "ASSAYTR1", number of decisions and of episodes (uint32), share filled as maker, inventory, costs (float64), all
 * little-endian, and SHA-256 of all before and of the key.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { digestJson, type Sha256, sha256 } from '../core/digest.ts';
import type { TaskSpec } from '../envs/execution-market.ts';
import type { MarketProfile } from '../market/profile.ts';
import type { Trial, TrialResult } from './trial.ts';

const magic = Buffer.from('ASSAYTR1');
const headerBytes = magic.length + 2 * 4;
/** Rooms whose code decides a trial's result. */
const rooms = ['core', 'market', 'envs', 'validation'];

/** The files of one market and task. */
export class TrialCache {
  readonly #folder: string;
  readonly #scope: Sha256;

  constructor(folder: string, { profile, task }: { readonly profile: MarketProfile; readonly task: TaskSpec }) {
    this.#folder = folder;
    const machine = [process.version, process.arch, cpus()[0]?.model ?? ''];
    this.#scope = digestJson({ profile, task, code: codeDigest(), lock: lockDigest(), machine });
  }

  /** Undefined when there is none that verifies. */
  read(trial: Trial): TrialResult | undefined {
    const key = this.#key(trial);
    try {
      return decode(readFileSync(join(this.#folder, key)), key, trial);
    } catch {
      return undefined;
    }
  }

  /** Whole or not at all. It may be lost; a disk that is full is found by whoever has something to keep. */
  write(trial: Trial, result: TrialResult): void {
    const key = this.#key(trial);
    const aside = join(this.#folder, `${key}.${process.pid}`);
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(aside, encode(result, key));
      renameSync(aside, join(this.#folder, key));
    } catch {
      if (existsSync(aside)) rmSync(aside);
    }
  }

  #key({ contender, ...market }: Trial): Sha256 {
    const who = contender.type === 'policy' ? { type: contender.type, bytes: sha256(contender.bytes) } : contender;
    return digestJson({ scope: this.#scope, who, market });
  }
}

function encode({ costsBps, inventory, makerShare }: TrialResult, key: Sha256): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(inventory.length, magic.length);
  header.writeUInt32LE(costsBps.length, magic.length + 4);
  const numbers = [Float64Array.of(makerShare), inventory, costsBps];
  const body = Buffer.concat([header, ...numbers.map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength))]);
  return Buffer.concat([body, seal(body, key)]);
}

function decode(bytes: Buffer, key: Sha256, { episodes }: Trial): TrialResult | undefined {
  const body = bytes.subarray(0, -32);
  if (bytes.length < headerBytes + 8 + 32 || !seal(body, key).equals(bytes.subarray(-32))) return undefined;
  const decisions = body.readUInt32LE(magic.length);
  if (!magic.equals(body.subarray(0, magic.length)) || body.readUInt32LE(magic.length + 4) !== episodes)
    return undefined;
  if (body.length !== headerBytes + 8 * (1 + decisions + episodes)) return undefined;
  const numbers = new Float64Array(new Uint8Array(body.subarray(headerBytes)).buffer);
  return {
    makerShare: numbers[0],
    inventory: numbers.slice(1, 1 + decisions),
    costsBps: numbers.slice(1 + decisions),
  };
}

function seal(body: Buffer, key: Sha256): Buffer {
  return createHash('sha256').update(body).update(key).digest();
}

/** Of every source file that a result could depend on. */
function codeDigest(): Sha256 {
  const root = join(import.meta.dirname, '..');
  const files = rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(room, file)),
  );
  return digestJson(files.sort().map((file) => [file, sha256(readFileSync(join(root, file)))]));
}

function lockDigest(): Sha256 {
  return sha256(readFileSync(join(import.meta.dirname, '../package-lock.json')));
}
