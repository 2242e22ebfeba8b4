/** Objects by SHA-256: `objects/sha256/<2 hex>/<62 hex>`. Writing the same bytes twice is writing them once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSha256, type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { Files } from './files.ts';

export function objectPath(digest: Sha256): string {
  return `objects/sha256/${digest.slice(0, 2)}/${digest.slice(2)}`;
}

/** The digest that an object's path names; undefined when the path names none. */
export function parseObjectPath(path: string): Sha256 | undefined {
  const match = /^objects\/sha256\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(path);
  return match ? `${match[1]}${match[2]}` : undefined;
}

/** Stores `bytes` and returns their digest; mends an object whose bytes are not those of its name. @throws ASSAY_DISK_FULL */
export function putObject(files: Files, bytes: Uint8Array): Sha256 {
  const digest = sha256(bytes);
  const present = files.read(objectPath(digest));
  if (present === undefined || sha256(present) !== digest) files.write(objectPath(digest), bytes);
  return digest;
}

/** The object's bytes, verified: they are what `digest` says. @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT */
export function getObject(files: Files, digest: Sha256): Buffer {
  const bytes = isSha256(digest) ? files.read(objectPath(digest)) : undefined;
  if (bytes === undefined) throw new AssayError('ASSAY_OBJECT_MISSING', { digest });
  if (sha256(bytes) !== digest) throw new AssayError('ASSAY_OBJECT_CORRUPT', { digest });
  return bytes;
}

/** Whether there is a file of that name; `getObject` says whether it is whole. */
export function hasObject(files: Files, digest: Sha256): boolean {
  return isSha256(digest) && existsSync(join(files.root, objectPath(digest)));
}
