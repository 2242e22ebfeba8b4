/**
 * Signing keys: Ed25519 (RFC 8032), kept as PKCS#8 PEM that only its owner may read, so that OpenSSL and others read it, too.
 *
 * A key is named by its `keyid`: the SHA-256, in lower-case hex, of its public key in DER SubjectPublicKeyInfo (RFC 8410).
 * The short key id of a signed note (`note.ts`) is another thing; only the log's key has one.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

export interface VerifyingKey {
  readonly keyid: Sha256;
  readonly publicKey: KeyObject;
}

export interface SigningKey extends VerifyingKey {
  readonly privateKey: KeyObject;
}

/** DER before the 32 bytes of an Ed25519 private (RFC 8410 section 7) and public key (section 4). */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** A fresh key from the system's random source. */
export function generateKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey);
}

/** The key of a 32-byte seed (RFC 8032 section 5.1.5): for vectors and throw-away identities only. @throws ASSAY_KEY_INVALID */
export function keyFromSeed(seed: Uint8Array): SigningKey {
  if (seed.length !== 32) throw invalid('(seed)', `a seed has 32 bytes, this one ${seed.length}`);
  return signingKey(createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' }));
}

/** The verifying key of the 32 raw bytes of an Ed25519 public key. @throws ASSAY_KEY_INVALID */
export function keyFromRawPublic(raw: Uint8Array): VerifyingKey {
  if (raw.length !== 32) throw invalid('(public key)', `an Ed25519 public key has 32 bytes, this one ${raw.length}`);
  return parseSpki(Buffer.concat([publicPrefix, raw]));
}

/** The verifying key written by `publicText`. @throws ASSAY_KEY_INVALID */
export function parsePublicKey(text: string): VerifyingKey {
  const der = decodeBase64(text);
  if (der === undefined) throw invalid('(public key)', 'not canonical base64');
  const key = parseSpki(der);
  if (key.publicKey.asymmetricKeyType !== 'ed25519') throw invalid('(public key)', 'not an Ed25519 key');
  return key;
}

/** A public key as one word: base64 of its DER SubjectPublicKeyInfo, the middle of its PEM. */
export function publicText(key: VerifyingKey): string {
  return encodeBase64(spkiOf(key.publicKey));
}

/** The 32 raw bytes of an Ed25519 public key. */
export function rawPublicKey(key: VerifyingKey): Buffer {
  return spkiOf(key.publicKey).subarray(publicPrefix.length);
}

/** Writes a new key file, readable by its owner alone; never replaces one. @throws ASSAY_KEY_INVALID when there is a file already */
export function saveKey(path: string, key: SigningKey): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw invalid(path, 'the file is there already');
    throw error;
  }
  try {
    writeFileSync(file, key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  } finally {
    closeSync(file);
  }
}

/** Reads a key file. @throws ASSAY_KEY_MISSING; ASSAY_KEY_INVALID when others may read it or it holds no Ed25519 private key */
export function loadKey(path: string): SigningKey {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info?.isFile()) throw new AssayError('ASSAY_KEY_MISSING', { path });
  if (process.platform !== 'win32' && (info.mode & 0o077) !== 0)
    throw invalid(path, `others may read it (mode ${(info.mode & 0o777).toString(8)}); run chmod 600 on it`);
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(readFileSync(path));
  } catch (cause) {
    throw invalid(path, 'not a private key in PEM', cause);
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw invalid(path, `a key of type ${privateKey.asymmetricKeyType}`);
  return signingKey(privateKey);
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  return { keyid: sha256(spkiOf(publicKey)), publicKey, privateKey };
}

/** A public key of any algorithm Node knows, from DER SubjectPublicKeyInfo; the exact bytes are the key's identity. @throws ASSAY_KEY_INVALID */
export function parseSpki(der: Uint8Array): VerifyingKey {
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw invalid('(public key)', 'not a public key in DER SubjectPublicKeyInfo', cause);
  }
  if (!spkiOf(publicKey).equals(der)) throw invalid('(public key)', 'its DER is not the canonical one');
  return { keyid: sha256(der), publicKey };
}

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' });
}

function invalid(path: string, reason: string, cause?: unknown): AssayError {
  return new AssayError('ASSAY_KEY_INVALID', { path, reason }, { cause });
}
