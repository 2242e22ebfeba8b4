/** Curation as a stage: captures become a dataset, signed and in the log. The captures themselves stay where they are. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isSha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { curateCaptures } from '../curation/curate.ts';
import type { CaptureFile } from '../curation/unpack.ts';
import { instrumentOf } from '../market/instrument.ts';
import type { Registry } from '../registry/registry.ts';
import { type MachineDeps, openMachine, refuseWhenCancelled, requestOf, withFolder } from './machine.ts';
import type { CurationStages } from './types.ts';

/** What a request's configuration says about captures, where it says something. */
const askedFor = z.object({ captures: z.array(z.object({ name: z.string(), sha256: z.string() })).optional() });
type Named = NonNullable<z.infer<typeof askedFor>['captures']>;

export function createCurate(deps: MachineDeps): CurationStages['curate'] {
  return async ({ captures, request }, { signal, progress }) => {
    const { registry, state } = await openMachine(deps);
    const { line, config } = (await requestOf(registry, deps.trust, request)).statement.predicate;
    const { captures: named } = askedFor.parse(await registry.getJson(config));
    return withFolder(deps.scratch, 'curate', async (folder) => {
      const files = await Promise.all(captures.map((capture) => locate(registry, capture, { folder, named })));
      const {
        manifest,
        report,
        files: made,
      } = await curateCaptures({
        captures: files,
        instrument: instrumentOf(line),
        workFolder: folder,
        signal,
        onProgress: (what, done, total) => progress({ what, done, total: total + 1 }),
      });
      refuseOthers(manifest.sources, named);
      for (const path of made.values()) await registry.putObject(readFileSync(path));
      const dataset = await registry.putJson(manifest);
      refuseWhenCancelled(signal, 'curation');
      const sources = manifest.sources.map(({ name, sha256: digest }) => ({ name, digest: { sha256: digest } }));
      const predicate = { request, sources, report: manifest.report };
      const statement = await state('dataset', { name: `${line} dataset`, sha256: dataset }, predicate);
      const events = manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
      progress({ what: 'stored', done: 1, total: 1, metrics: { rows: events, clockOffsetMs: report.clock.offsetMs } });
      return { dataset, statement };
    });
  };
}

interface Where {
  readonly folder: string;
  readonly named: Named | undefined;
}

/** A capture by path, or an object of the registry under the name that the request gave it. */
async function locate(registry: Registry, capture: string, { folder, named }: Where): Promise<CaptureFile> {
  if (!isSha256(capture)) return { name: basename(capture), path: capture };
  const path = join(folder, `${capture}.capture`);
  writeFileSync(path, await registry.getObject(capture));
  return { name: named?.find(({ sha256: digest }) => digest === capture)?.name ?? capture, path };
}

/** Other captures than those that the person signed for are not curated in his name. @throws ASSAY_DIGEST_MISMATCH */
function refuseOthers(sources: readonly { name: string; sha256: string }[], named: Named | undefined): void {
  if (named === undefined) return;
  const list = (captures: Named) => captures.map((capture) => `${capture.name} ${capture.sha256}`).join(', ');
  const [got, expected] = [list(named), list(sources.map(({ name, sha256 }) => ({ name, sha256 })))];
  if (got !== expected) throw new AssayError('ASSAY_DIGEST_MISMATCH', { got, expected });
}
