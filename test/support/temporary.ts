/** A folder that is gone at the end of its scope: `using folder = temporaryFolder()`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'assay-test-'));
  return { path, [Symbol.dispose]: () => removeFolder(path) };
}

/** Tried for a while: a process that was killed a moment ago may still leave a file in it. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
