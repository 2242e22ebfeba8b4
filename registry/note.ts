/** Signed notes, their verifier keys, and checkpoints: C2SP signed-note and tlog-checkpoint, with Ed25519 keys. */
import { createHash, sign, verify } from 'node:crypto';
import { AssayError } from '../core/errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { keyFromRawPublic, rawPublicKey, type SigningKey, type VerifyingKey } from './keys.ts';

/** A key that speaks under a name: the name is part of what its short id binds. */
export interface NoteVerifier {
  readonly name: string;
  /** 4 bytes: SHA-256(name || "\n" || 0x01 || public key) cut short. */
  readonly id: Buffer;
  readonly key: VerifyingKey;
}

const ed25519Type = 0x01;

export function noteVerifier(name: string, key: VerifyingKey): NoteVerifier {
  if (!isName(name)) throw new AssayError('ASSAY_KEY_INVALID', { path: name, reason: 'not a note key name' });
  const id = createHash('sha256').update(`${name}\n`).update(typedKey(key)).digest().subarray(0, 4);
  return { name, id, key };
}

/** `<name>+<8 hex>+<base64(0x01 || public key)>` */
export function formatVerifierKey({ name, id, key }: NoteVerifier): string {
  return `${name}+${id.toString('hex')}+${encodeBase64(typedKey(key))}`;
}

/** @throws ASSAY_KEY_INVALID when the text is malformed or its id does not follow from name and key */
export function parseVerifierKey(text: string): NoteVerifier {
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  const typed = match ? decodeBase64(match[3]) : undefined;
  if (!match || typed?.length !== 33 || typed[0] !== ed25519Type)
    throw new AssayError('ASSAY_KEY_INVALID', { path: 'verifier key', reason: 'not a note verifier key for Ed25519' });
  const verifier = noteVerifier(match[1], keyFromRawPublic(typed.subarray(1)));
  if (verifier.id.toString('hex') !== match[2])
    throw new AssayError('ASSAY_KEY_INVALID', {
      path: 'verifier key',
      reason: 'its id belongs to another name or key',
    });
  return verifier;
}

/** The signed note of `text`, which ends in a newline and holds no other control character. */
export function signNote(text: string, name: string, key: SigningKey): string {
  if (!isText(text)) throw new AssayError('ASSAY_INTERNAL', { reason: 'a note is UTF-8 lines that end in a newline' });
  const { id } = noteVerifier(name, key);
  const signature = sign(null, Buffer.from(text), key.privateKey);
  return `${text}\n— ${name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
}

export type OpenedNote =
  | { readonly accepted: true; readonly reason: null; readonly text: string; readonly verifiedBy: readonly string[] }
  | {
      readonly accepted: false;
      readonly reason: 'malformed' | 'invalid-signature' | 'no-known-signature';
      readonly verifiedBy: readonly [];
    };

/** Opens a note: signatures by unknown keys are ignored, a bad one by a known key refuses the note, no good one refuses it. */
export function openNote(note: string, known: readonly NoteVerifier[]): OpenedNote {
  const split = note.lastIndexOf('\n\n');
  const text = note.slice(0, split + 1);
  const signatures = split < 0 ? undefined : parseSignatures(note.slice(split + 2));
  if (signatures === undefined || !isText(note) || !isText(text)) return refuse('malformed');
  const verifiedBy = new Set<NoteVerifier>();
  for (const { name, id, signature } of signatures) {
    const verifier = known.find((candidate) => candidate.name === name && candidate.id.equals(id));
    if (verifier === undefined || verifiedBy.has(verifier)) continue;
    if (signature.length !== 64 || !verify(null, Buffer.from(text), verifier.key.publicKey, signature))
      return refuse('invalid-signature');
    verifiedBy.add(verifier);
  }
  if (verifiedBy.size === 0) return refuse('no-known-signature');
  return { accepted: true, reason: null, text, verifiedBy: [...verifiedBy].map(({ name }) => name) };
}

function parseSignatures(block: string): { name: string; id: Buffer; signature: Buffer }[] | undefined {
  if (!block.endsWith('\n')) return undefined;
  const parsed = block
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const match = /^— (\S+) (\S+)$/u.exec(line);
      const bytes = match ? decodeBase64(match[2]) : undefined;
      const name = match?.[1] ?? '';
      return bytes && bytes.length > 4 && isName(name)
        ? { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) }
        : undefined;
    });
  return parsed.every((signature) => signature !== undefined) ? parsed : undefined;
}

export interface Checkpoint {
  readonly origin: string;
  /** Leaves in the tree; above 2^53 - 1 it is rounded, and no log of ours gets there. */
  readonly size: number;
  readonly root: Buffer;
  /** When it was signed, seconds since 1970; from the extension line `time <seconds>`, absent where there is none. */
  readonly timeSeconds?: number;
}

export type OpenedCheckpoint =
  | ({ readonly accepted: true; readonly reason: null } & Checkpoint)
  | { readonly accepted: false; readonly reason: 'malformed' | 'invalid-signature' | 'no-known-signature' | 'origin' };

/** Origin, size in decimal, root in base64, and the time if there is one: the text that a log signs. */
export function signCheckpoint({ origin, size, root, timeSeconds }: Checkpoint, key: SigningKey): string {
  const time = timeSeconds === undefined ? '' : `time ${timeSeconds}\n`;
  return signNote(`${origin}\n${size}\n${encodeBase64(root)}\n${time}`, origin, key);
}

/** Opens a checkpoint signed by `verifier` for the log `origin`; the signature is judged before the text. */
export function openCheckpoint(note: string, verifier: NoteVerifier, origin = verifier.name): OpenedCheckpoint {
  const opened = openNote(note, [verifier]);
  if (!opened.accepted) return { accepted: false, reason: opened.reason };
  const checkpoint = parseCheckpoint(opened.text);
  if (checkpoint === undefined) return { accepted: false, reason: 'malformed' };
  if (checkpoint.origin !== origin) return { accepted: false, reason: 'origin' };
  return { accepted: true, reason: null, ...checkpoint };
}

function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin, size, rootText, ...extensions] = text.slice(0, -1).split('\n');
  const root = rootText === undefined ? undefined : decodeBase64(rootText);
  if (!origin || !size || !/^(?:0|[1-9]\d{0,19})$/.test(size) || BigInt(size) >= 2n ** 64n) return undefined;
  if (root?.length !== 32 || extensions.includes('')) return undefined;
  const time = extensions.map((line) => /^time (0|[1-9]\d{0,14})$/.exec(line)?.[1]).find((text) => text !== undefined);
  return { origin, size: Number(size), root, ...(time !== undefined && { timeSeconds: Number(time) }) };
}

/** No ASCII control character but the newline, well-formed, and the last line is finished. */
function isText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !/[[\p{Cc}&&\p{ASCII}]--\n]/v.test(text);
}

function isName(name: string): boolean {
  return name !== '' && !/[\s+]/u.test(name) && name.isWellFormed();
}

function typedKey(key: VerifyingKey): Buffer {
  return Buffer.concat([Uint8Array.of(ed25519Type), rawPublicKey(key)]);
}

function refuse(reason: 'malformed' | 'invalid-signature' | 'no-known-signature'): OpenedNote {
  return { accepted: false, reason, verifiedBy: [] };
}
