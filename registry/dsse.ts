/**
 * DSSE v1 (secure-systems-lab/dsse, protocol.md): the signature is over payload type and payload bytes together, so neither
 * can be read as something else; the payload is parsed only after its signature verified; `keyid` is a hint and never trusted.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import { AssayError } from '../core/errors.ts';
import { parseCanonicalJson } from '../core/strict-json.ts';
import { decodeBase64, decodeEitherBase64, encodeBase64 } from './base64.ts';
import type { SigningKey, VerifyingKey } from './keys.ts';

export interface Envelope {
  readonly payloadType: string;
  /** Base64 of the payload's bytes. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid?: string; readonly sig: string }[];
}

/** Pre-authentication encoding: `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes. */
export function pae(payloadType: string, body: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}

/** An envelope signed by each of `keys`. */
export function signEnvelope(payloadType: string, body: Uint8Array, keys: readonly SigningKey[]): Envelope {
  const signed = pae(payloadType, body);
  const signatures = keys.map(({ keyid, privateKey }) => ({
    keyid,
    sig: encodeBase64(sign(null, signed, privateKey)),
  }));
  return { payloadType, payload: encodeBase64(body), signatures };
}

/** The payload's bytes in either base64 alphabet; undefined when it is no base64. */
export function payloadOf(envelope: Envelope): Buffer | undefined {
  return decodeEitherBase64(envelope.payload);
}

/** Whether one of the envelope's signatures is by `key`: Ed25519, or ECDSA P-256 with SHA-256 as raw r || s. */
export function isSignedBy(envelope: Envelope, key: VerifyingKey): boolean {
  const body = payloadOf(envelope);
  if (body === undefined) return false;
  const signed = pae(envelope.payloadType, body);
  return envelope.signatures.some(({ sig }) => verifies(signed, sig, key.publicKey));
}

/**
 * Who signed: every trusted key of which the envelope holds a good signature, once each, whatever the `keyid`s claim.
 * A signature that fails, or by a key that is not trusted, counts for nothing and harms nothing.
 */
export function signersOf(envelope: Envelope, trusted: Iterable<VerifyingKey>): VerifyingKey[] {
  const body = payloadOf(envelope);
  if (body === undefined) return [];
  const signed = pae(envelope.payloadType, body);
  const unique = new Map([...trusted].map((key) => [key.keyid, key]));
  return [...unique.values()].filter(({ publicKey }) =>
    envelope.signatures.some(({ sig }) => verifies(signed, sig, publicKey)),
  );
}

/**
 * (t, n) verification, counted twice: by unique keys, as DSSE says, and by unique persons, as four eyes need. A key of
 * nobody counts as a key and as no person. @returns who signed, `valid` for t keys, `approved` for t keys of t persons
 */
export function verifyThreshold(envelope: Envelope, { threshold, trusted, personOf }: Quorum): QuorumResult {
  const keys = signersOf(envelope, trusted);
  const persons = [...new Set(keys.map(({ keyid }) => personOf(keyid)).filter((person) => person !== undefined))];
  const valid = threshold >= 1 && keys.length >= threshold;
  return { keys, persons, valid, approved: valid && persons.length >= threshold };
}

export interface Quorum {
  /** At least 1; anything else is never met. */
  readonly threshold: number;
  readonly trusted: Iterable<VerifyingKey>;
  readonly personOf: (keyid: string) => string | undefined;
}

export interface QuorumResult {
  readonly keys: readonly VerifyingKey[];
  readonly persons: readonly string[];
  readonly valid: boolean;
  readonly approved: boolean;
}

/** The text of an entry of our log: one spelling an envelope. */
export function encodeEnvelope(envelope: Envelope): Buffer {
  return Buffer.from(canonicalJson(envelope));
}

/**
 * An envelope from the bytes of a log entry: canonical JSON, exactly DSSE's members, strict base64, at least one signature.
 * @throws ASSAY_STATEMENT_INVALID
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const value = parseJsonBytes(bytes, 'the envelope');
  if (!isRecord(value) || !hasExactly(value, ['payload', 'payloadType', 'signatures']))
    throw malformed('an envelope has payload, payloadType and signatures, and nothing else');
  const { payload, payloadType, signatures } = value;
  if (typeof payload !== 'string' || decodeBase64(payload) === undefined)
    throw malformed('the payload is not strict base64');
  if (typeof payloadType !== 'string') throw malformed('the payload type is no text');
  if (!Array.isArray(signatures) || signatures.length === 0 || !signatures.every(isSignature))
    throw malformed('signatures is no list of {keyid, sig} with strict base64');
  return { payload, payloadType, signatures };
}

/** The value of canonical JSON in UTF-8. @throws ASSAY_STATEMENT_INVALID */
export function parseJsonBytes(bytes: Uint8Array, what: string): unknown {
  try {
    return parseCanonicalJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof AssayError ? cause.message : 'not UTF-8';
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `${what}: ${reason}` }, { cause });
  }
}

function verifies(signed: Buffer, sig: string, publicKey: KeyObject): boolean {
  const signature = decodeEitherBase64(sig);
  if (signature?.length !== 64) return false; // both algorithms' raw form; a DER-wrapped one is another text for the same claim
  if (publicKey.asymmetricKeyType === 'ed25519') return verify(null, signed, publicKey, signature);
  if (publicKey.asymmetricKeyType !== 'ec' || publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false;
  return verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

function isSignature(value: unknown): value is { keyid: string; sig: string } {
  if (!isRecord(value) || !hasExactly(value, ['keyid', 'sig'])) return false;
  const { keyid, sig } = value;
  return typeof keyid === 'string' && typeof sig === 'string' && decodeBase64(sig) !== undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasExactly(value: object, keys: readonly string[]): boolean {
  return Object.keys(value).sort().join() === keys.join();
}

function malformed(reason: string): AssayError {
  return new AssayError('ASSAY_STATEMENT_INVALID', { reason });
}
