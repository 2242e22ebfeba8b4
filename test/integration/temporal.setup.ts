import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startTemporal } from '../../cli/temporal-server.ts';
import { removeFolder } from '../support/temporary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of a real Temporal server, namespace `default`. */
    temporalAddress: string;
  }
}

/** One real server for all integration tests of this run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-temporal-'));
  const server = await startTemporal({ dbFile: join(folder, 'temporal.db'), log: (line) => console.log(line) });
  project.provide('temporalAddress', server.address);
  return async () => {
    await server.stop();
    removeFolder(folder);
  };
}
