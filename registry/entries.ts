/** Log entries as statements, and who signed each: the signature is verified against the trust file, never believed. */
import { type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { type Envelope, isSignedBy, parseEnvelope } from './dsse.ts';
import type { Kind } from './statements/kinds.ts';
import { type KindOf, parseStatement } from './statements/statement.ts';
import type { Identity, Trust } from './trust.ts';

/** One entry of the log. `kind` narrows `statement`. */
export type Entry<K extends Kind = Kind> = KindOf<K> & {
  readonly index: number;
  /** SHA-256 of the entry's bytes: how statements name one another. */
  readonly digest: Sha256;
  readonly envelope: Envelope;
  /** What the envelope says; `SignedEntry.by` is what was proved. */
  readonly keyid: string;
};

/** An entry with the identity whose key signed it; none when the key is nobody's or the signature does not verify. */
export type SignedEntry<K extends Kind = Kind> = Entry<K> & { readonly by: Identity | undefined };

/** @throws ASSAY_STATEMENT_INVALID when the bytes are not one canonical envelope with one signature and one known statement */
export function parseEntry(bytes: Uint8Array, index: number): Entry {
  const envelope = parseEnvelope(bytes);
  const [signature, ...more] = envelope.signatures;
  if (signature === undefined || more.length > 0)
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `${envelope.signatures.length} signatures, not one` });
  return { ...parseStatement(envelope), index, digest: sha256(bytes), envelope, keyid: signature.keyid ?? '' };
}

/** The identity that signed. @throws ASSAY_KEY_UNKNOWN, ASSAY_SIGNATURE_INVALID */
export function signerOf({ envelope, keyid }: Pick<Entry, 'envelope' | 'keyid'>, trust: Trust): Identity {
  const known = trust.keys.get(keyid);
  if (known === undefined) throw new AssayError('ASSAY_KEY_UNKNOWN', { keyid: keyid || '(none)' });
  if (!isSignedBy(envelope, known.key))
    throw new AssayError('ASSAY_SIGNATURE_INVALID', { keyid, reason: 'it does not verify over this payload' });
  return known.owner;
}

/** Entries with their proved signers: what the policy decides on. */
export function attribute(entries: readonly Entry[], trust: Trust): SignedEntry[] {
  return entries.map((entry) => ({ ...entry, by: provedSigner(entry, trust) }));
}

function provedSigner(entry: Entry, trust: Trust): Identity | undefined {
  const known = trust.keys.get(entry.keyid);
  return known !== undefined && isSignedBy(entry.envelope, known.key) ? known.owner : undefined;
}

export function isKind<K extends Kind>(kind: K) {
  return (entry: SignedEntry): entry is Extract<SignedEntry, { kind: K }> => entry.kind === kind;
}

/** The SHA-256 that a statement is about. */
export function subjectOf(entry: Pick<Entry, 'statement'>): Sha256 {
  return entry.statement.subject[0].digest.sha256;
}
