/** The attack: one byte of an object in a registry is another one, and later what it was. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectPath } from '../../registry/store.ts';

export interface Tampering {
  /** Relative to the registry. */
  readonly path: string;
  /** Place of the byte. */
  readonly offset: number;
  undo(): void;
}

/** Flips one bit in the middle of the file. */
export function tamperWith(registry: string, digest: string): Tampering {
  const path = objectPath(digest);
  const file = join(registry, path);
  const bytes = readFileSync(file);
  const offset = bytes.length >> 1;
  const changed = Buffer.from(bytes);
  changed[offset] ^= 1;
  writeFileSync(file, changed);
  return { path, offset, undo: () => writeFileSync(file, bytes) };
}
