/** What a computing stage has at hand: the registry, the identity of its machine, and a folder of its own. */
import '../core/one-compiler.ts';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { type Entry, signerOf } from '../registry/entries.ts';
import type { SigningKey } from '../registry/keys.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { Kind, Predicate } from '../registry/statements/kinds.ts';
import { buildStatement, type Subject, signStatement } from '../registry/statements/statement.ts';
import type { Trust } from '../registry/trust.ts';
import type { LogSigner } from '../registry/writer.ts';

export interface MachineDeps {
  /** Folder of the registry. */
  readonly registry: string;
  readonly trust: Trust;
  /** Signs what the stage found. */
  readonly key: SigningKey;
  readonly log: LogSigner;
  /** Folder for files that may be lost. */
  readonly scratch: string;
  readonly clock: Clock;
}

export interface Machine {
  readonly registry: Registry;
  /** Signs a statement and appends it, or finds it: the same one is never there twice. @returns digest of its entry */
  state<K extends Kind>(kind: K, subject: Subject, predicate: Predicate<K>): Promise<Sha256>;
}

export async function openMachine({ registry: folder, key, log, clock }: MachineDeps): Promise<Machine> {
  const registry = await openRegistry(folder, { logKey: log.key, clock });
  return {
    registry,
    async state(kind, subject, predicate) {
      const envelope = signStatement(buildStatement(kind, subject, predicate), key);
      return (await registry.append(envelope)).entryDigest;
    },
  };
}

/**
 * The request that a stage works for.
 * @throws ASSAY_NOT_FOUND when the log has no such request; ASSAY_KEY_UNKNOWN, ASSAY_SIGNATURE_INVALID when nobody we trust signed it
 */
export async function requestOf(
  registry: Registry,
  trust: Trust,
  digest: Sha256,
): Promise<Entry & { kind: 'request' }> {
  const entry = (await registry.entries()).find((candidate) => candidate.digest === digest);
  if (entry?.kind !== 'request') throw new AssayError('ASSAY_NOT_FOUND', { what: `request ${digest}` });
  signerOf(entry, trust);
  return entry;
}

/** A folder under `scratch` that no other identity uses: what is kept there is kept for this one. */
export function ownFolder({ scratch, key }: MachineDeps, name: string): string {
  return join(scratch, `${name}-${key.keyid.slice(0, 16)}`);
}

/** Lends a fresh folder under `scratch` and removes it afterwards. */
export async function withFolder<T>(scratch: string, name: string, work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, `${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function refuseWhenCancelled(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw new AssayError('ASSAY_CANCELLED', { what });
}
