/** A dataset as later stages read it: from the registry, by the digest of its manifest, every table checked. */
import { join } from 'node:path';
import type { Sha256 } from '../core/digest.ts';
import { readBookTape } from '../curation/dataset.ts';
import { type DatasetManifest, parseManifest } from '../curation/manifest.ts';
import type { BookTape } from '../market/tape.ts';
import type { Registry } from '../registry/registry.ts';
import { objectPath } from '../registry/store.ts';

export interface LoadedDataset {
  readonly manifest: DatasetManifest;
  /** The whole stream. */
  readonly bookTape: BookTape;
}

/** @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT, ASSAY_DATASET_QUALITY */
export async function loadDataset(registry: Registry, dataset: Sha256): Promise<LoadedDataset> {
  const manifest = parseManifest(await registry.getObject(dataset));
  for (const { sha256 } of manifest.tables) await registry.getObject(sha256);
  const bookTape = await readBookTape(manifest, (sha256) => join(registry.directory, objectPath(sha256)));
  return { manifest, bookTape };
}
