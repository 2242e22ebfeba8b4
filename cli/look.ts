/** Reading a registry for people: opened with trust, digests by their first characters, moments and digests in short. */
import { existsSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { AssayError } from '../core/errors.ts';
import { isKind, type SignedEntry, subjectOf } from '../registry/entries.ts';
import { materialsOf, productsOf } from '../registry/lineage.ts';
import { openTrusted, type TrustedRegistry } from '../registry/read.ts';
import { loadTrust } from '../registry/trust.ts';
import { type Common, usage } from './command.ts';

/** @throws ASSAY_REGISTRY_MISSING, ASSAY_TRUST_MISSING and what `openTrusted` throws */
export function look({ registry, trust }: Common): TrustedRegistry {
  if (!existsSync(registry)) throw new AssayError('ASSAY_REGISTRY_MISSING', { path: registry });
  return openTrusted(registry, loadTrust(trust), { clock: systemClock });
}

/** The one digest that begins with `text`, of those the log names. @throws ASSAY_USAGE, ASSAY_NOT_FOUND */
export function resolveDigest(text: string, entries: readonly SignedEntry[]): string {
  if (!/^[0-9a-f]{6,64}$/.test(text)) usage(`"${text}" is no digest: give at least its first 6 hex characters`);
  const all = entries.flatMap((entry) => [
    subjectOf(entry),
    ...productsOf(entry),
    ...materialsOf(entry).map(({ digest }) => digest),
  ]);
  const found = [...new Set(all)].filter((digest) => digest.startsWith(text));
  if (found.length > 1) usage(`"${text}" begins ${found.length} digests; give more characters`);
  const [digest] = found;
  if (digest === undefined) throw new AssayError('ASSAY_NOT_FOUND', { what: `digest ${text}` });
  return digest;
}

/** Digest of the newest report about a version: of a model's validation or, where there is none, of a fallback's tuning. */
export function reportAbout(subject: string, entries: readonly SignedEntry[]): string | undefined {
  const about = entries.filter((entry) => subjectOf(entry) === subject);
  const tuning = about
    .filter(isKind('training'))
    .flatMap(({ statement }) => statement.predicate.runDetails.byproducts ?? []);
  return (
    about.filter(isKind('validation')).at(-1)?.statement.predicate.report ??
    tuning.findLast(({ name }) => name === 'report')?.digest.sha256
  );
}

/** Digest of the transaction-cost report of a version's newest execution. */
export function executionReport(subject: string, entries: readonly SignedEntry[]): string | undefined {
  return entries.filter(isKind('execution')).findLast((entry) => subjectOf(entry) === subject)?.statement.predicate
    .report;
}

/** The first twelve characters: enough for people, and for `resolveDigest`. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

export function whoOf({ by, keyid }: SignedEntry): string {
  if (by === undefined) return `unproved (key ${short(keyid)})`;
  return by.type === 'person' ? by.id : `${by.id} (${by.role})`;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What `entry` is about, in one line. */
export function describeEntry(entry: SignedEntry): string {
  return `${String(entry.index).padStart(4)}  ${entry.kind.padEnd(12)}  ${short(subjectOf(entry))}  by ${whoOf(entry)}`;
}
