/** What a stage needs besides its artifact, read from the artifact's lineage: nobody types what the log knows. */
import type { SignedEntry } from '../registry/entries.ts';
import { materialsOf, productsOf } from '../registry/lineage.ts';

/**
 * Digests by the name under which a statement names them (`request`, `protocol`, `profile`, `dataset`), the nearest of each:
 * breadth first from `artifact` towards the captures. Of several statements about one digest the newest counts.
 */
export function trace(artifact: string, entries: readonly SignedEntry[]): ReadonlyMap<string, string> {
  const newest = entries.toReversed();
  const digests = new Map<string, string>();
  const seen = new Set([artifact]);
  for (const digest of seen) {
    for (const entry of newest.filter((candidate) => productsOf(candidate).includes(digest))) {
      for (const material of materialsOf(entry)) {
        if (!digests.has(material.name)) digests.set(material.name, material.digest);
        seen.add(material.digest);
      }
    }
  }
  return digests;
}
