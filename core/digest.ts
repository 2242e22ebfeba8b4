/** SHA-256 in the one spelling used everywhere: lower-case hex. Not for workflows (node:crypto). */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** 64 lower-case hex characters. */
export type Sha256 = string & { readonly __brand?: 'sha256' };

export function sha256(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Digest of a value's canonical JSON (RFC 8785, UTF-8). */
export function digestJson(value: unknown): Sha256 {
  return sha256(canonicalJson(value));
}

export function isSha256(text: unknown): text is Sha256 {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}
