/**
 * Trust comes from outside the registry: a file that says which key signs the log, and which keys belong to which people
 * and machines. A person may have several keys and counts once; a key belongs to one identity; a machine is never a person.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Sha256 } from '../core/digest.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';
import { parsePublicKey, type VerifyingKey } from './keys.ts';
import { type NoteVerifier, parseVerifierKey } from './note.ts';

const roles = ['quant', 'validator', 'operator'] as const;
const machineRoles = ['worker', 'log', 'executor'] as const;
export type Role = (typeof roles)[number];
export type MachineRole = (typeof machineRoles)[number];

const id = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/);
const keys = z.array(z.string()).min(1);

const trustFileSchema = z.strictObject({
  version: z.literal(1),
  log: z.strictObject({ verifierKey: z.string() }),
  people: z.array(z.strictObject({ id, name: z.string().min(1), roles: z.array(z.enum(roles)), keys })),
  machines: z.array(z.strictObject({ id, role: z.enum(machineRoles), keys })),
});

/** The file as JSON; keys as `publicText` writes them (base64 of DER SubjectPublicKeyInfo). */
export type TrustFile = z.infer<typeof trustFileSchema>;

export interface Person {
  readonly type: 'person';
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

export interface Machine {
  readonly type: 'machine';
  readonly id: string;
  readonly role: MachineRole;
}

export type Identity = Person | Machine;

export interface Trust {
  /** The log's origin is its name. */
  readonly log: NoteVerifier;
  readonly people: readonly Person[];
  readonly machines: readonly Machine[];
  /** Key and owner by keyid. */
  readonly keys: ReadonlyMap<Sha256, { readonly key: VerifyingKey; readonly owner: Identity }>;
}

/** @throws ASSAY_TRUST_MISSING, ASSAY_TRUST_INVALID */
export function loadTrust(path: string): Trust {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AssayError('ASSAY_TRUST_MISSING', { path }, { cause });
  }
  try {
    return parseTrust(parseStrictJson(text), path);
  } catch (cause) {
    if (isAssayError(cause, 'ASSAY_JSON_NOT_CANONICAL')) throw invalid(path, cause.message, cause);
    throw cause;
  }
}

/** @param path for messages only @throws ASSAY_TRUST_INVALID */
export function parseTrust(value: unknown, path = '(trust)'): Trust {
  const parsed = trustFileSchema.safeParse(value);
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error), parsed.error);
  const { log, people, machines } = parsed.data;
  const persons = people.map(({ id, name, roles }): Person => ({ type: 'person', id, name, roles }));
  const robots = machines.map(({ id, role }): Machine => ({ type: 'machine', id, role }));
  const names = [...persons, ...robots].map((identity) => identity.id);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(path, `two identities are called ${twice}`);

  const found = new Map<Sha256, { key: VerifyingKey; owner: Identity }>();
  const owners = [
    ...persons.map((owner, i) => [owner, people[i].keys] as const),
    ...robots.map((owner, i) => [owner, machines[i].keys] as const),
  ];
  for (const [owner, texts] of owners) {
    for (const text of texts) {
      const key = readKey(path, () => parsePublicKey(text), owner.id);
      const other = found.get(key.keyid);
      if (other) throw invalid(path, `one key belongs to both ${other.owner.id} and ${owner.id}`);
      found.set(key.keyid, { key, owner });
    }
  }
  const verifier = readKey(path, () => parseVerifierKey(log.verifierKey), 'the log');
  const signer = found.get(verifier.key.keyid)?.owner;
  if (signer && !(signer.type === 'machine' && signer.role === 'log'))
    throw invalid(path, `the log's key belongs to ${signer.id}, which is not a log machine`);
  return { log: verifier, people: persons, machines: robots, keys: found };
}

function readKey<T>(path: string, read: () => T, owner: string): T {
  try {
    return read();
  } catch (cause) {
    throw invalid(path, `a key of ${owner}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function invalid(path: string, reason: string, cause?: unknown): AssayError {
  return new AssayError('ASSAY_TRUST_INVALID', { path, reason }, { cause });
}
