/** Curation and calibration as stages, on the captures of the repository: what they leave in a registry. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCurationActivities } from '../../activities/curation.ts';
import { loadDataset } from '../../activities/dataset.ts';
import type { MachineDeps } from '../../activities/machine.ts';
import type {
  CalibrateResult,
  CurateResult,
  CurationStages,
  StageContext,
  StageProgress,
} from '../../activities/types.ts';
import { systemClock } from '../../core/clock.ts';
import { sha256 } from '../../core/digest.ts';
import { parseManifest } from '../../curation/manifest.ts';
import { parseProfile } from '../../market/profile-schema.ts';
import { subjectOf } from '../../registry/entries.ts';
import { loadKey } from '../../registry/keys.ts';
import { lineagePeople } from '../../registry/lineage.ts';
import { openRegistry, type Registry } from '../../registry/registry.ts';
import { captures, createBench, linesOf, pack } from '../support/captures.ts';
import { createHouse, type House } from '../support/house.ts';

const line = 'btcusd-perp';
const named = captures.map((path) => ({ name: basename(path), sha256: sha256(readFileSync(path)) }));
const bench = createBench();
const bytes = pack(linesOf(captures[0]).slice(0, 600));
/** The first seconds of the first capture, for what need not be done with all of it. */
const small = { name: 'small.gz', sha256: sha256(bytes), path: bench.write('small.gz', bytes) };
let house: House;
let registry: Registry;
let stages: CurationStages;
let deps: MachineDeps;
let protocol: string;
let request: string;
let dataset: CurateResult;
let profile: CalibrateResult;
const progress: StageProgress[] = [];
const context: StageContext = { signal: new AbortController().signal, progress: (report) => progress.push(report) };

/** A request of the quant's for these captures. @returns digest of its entry */
async function ask(files: readonly { name: string; sha256: string }[], lineOf = line): Promise<string> {
  const asked = files.map(({ name, sha256: digest }) => ({ name, sha256: digest }));
  const config = await registry.putJson({ line: lineOf, protocol, captures: asked });
  const predicate = { line: lineOf, action: 'run', candidate: 'ppo', seed: 1, protocol, config } as const;
  return house.append(house.sign('demo-quant', 'request', config, predicate));
}

beforeAll(async () => {
  house = await createHouse();
  const { registry: folder, trust, log } = house;
  registry = await openRegistry(folder);
  protocol = await registry.putJson(JSON.parse(readFileSync(new URL('../../protocol.json', import.meta.url), 'utf8')));
  const key = loadKey(house.keyFile('demo-curation'));
  deps = { registry: folder, trust, key, log, scratch: join(house.folder, 'scratch'), clock: systemClock };
  stages = createCurationActivities(deps);
  request = await ask(named);
  dataset = await stages.curate({ captures, request }, context);
  profile = await stages.calibrate({ dataset: dataset.dataset, protocol, request }, context);
});
afterAll(() => {
  house.remove();
  bench.remove();
});

describe('curation', () => {
  test('leaves a dataset, its tables, its report and a signed statement that names its captures', async () => {
    const manifest = parseManifest(await registry.getObject(dataset.dataset));
    for (const table of manifest.tables) expect(await registry.hasObject(table.sha256)).toBe(true);
    expect(await registry.getJson(manifest.report)).toMatchObject({ kind: 'data-quality', gate: { passed: true } });
    const entry = house.entries().find(({ digest }) => digest === dataset.statement);
    expect(entry).toMatchObject({ kind: 'dataset', by: { id: 'demo-curation' } });
    expect(entry?.statement.subject[0].digest.sha256).toBe(dataset.dataset);
    const sources = named.map(({ name, sha256: digest }) => ({ name, digest: { sha256: digest } }));
    expect(entry?.statement.predicate).toEqual({ request, sources, report: manifest.report });
  });

  test('leaves the captures where they are, and its folder empty', async () => {
    for (const source of named) expect(await registry.hasObject(source.sha256)).toBe(false);
    expect(readdirSync(deps.scratch)).toEqual([]);
  });

  test('tells how far it is, and what it found', () => {
    const said = progress.filter(({ total }) => total === 9);
    expect(said.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const offset = progress.flatMap(({ metrics }) => metrics?.clockOffsetMs ?? []);
    expect(offset).toEqual([-1274.22]);
  });

  test('tried again is the same dataset and the same entry', async () => {
    const asked = await ask([small]);
    const first = await stages.curate({ captures: [small.path], request: asked }, context);
    const size = house.entries().length;
    expect(await stages.curate({ captures: [small.path], request: asked }, context)).toEqual(first);
    expect(house.entries().length).toBe(size);
  });

  test('takes a capture from the registry by its digest, under the name of the request', async () => {
    const asked = await ask([small]);
    const byPath = await stages.curate({ captures: [small.path], request: asked }, context);
    const digest = await registry.putObject(readFileSync(small.path));
    expect(await stages.curate({ captures: [digest], request: asked }, context)).toEqual(byPath);
  });

  test('refuses captures that nobody signed for', async () => {
    const other = await ask([{ ...small, sha256: named[0].sha256 }]);
    await expect(stages.curate({ captures: [small.path], request: other }, context)).rejects.toMatchObject({
      code: 'ASSAY_DIGEST_MISMATCH',
    });
  });

  test('refuses a request that is not in the log, and a line it knows no instrument for', async () => {
    const nowhere = stages.curate({ captures, request: sha256('nothing') }, context);
    await expect(nowhere).rejects.toMatchObject({ code: 'ASSAY_NOT_FOUND' });
    const unknown = stages.curate({ captures, request: await ask(named, 'dogeusd-perp') }, context);
    await expect(unknown).rejects.toMatchObject({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' });
  });

  test('cancelled, leaves nothing', async () => {
    const size = house.entries().length;
    const signal = AbortSignal.abort();
    await expect(stages.curate({ captures, request }, { ...context, signal })).rejects.toMatchObject({
      code: 'ASSAY_CANCELLED',
    });
    expect(house.entries().length).toBe(size);
    expect(readdirSync(deps.scratch)).toEqual([]);
  });
});

describe('calibration', () => {
  test('leaves a profile that reads back, of the first capture alone, and a signed statement', async () => {
    const { manifest } = await loadDataset(registry, dataset.dataset);
    const read = parseProfile(await registry.getObject(profile.profile));
    const [{ fromMs, toMs }] = manifest.sources;
    expect(read).toMatchObject({ dataset: dataset.dataset, segment: 'calibration', fees: { takerBps: { value: 5 } } });
    expect(Math.abs(read.seconds - (toMs - fromMs) / 1000)).toBeLessThan(1);
    const entry = house.entries().find(({ digest }) => digest === profile.statement);
    expect(entry).toMatchObject({ kind: 'profile', by: { id: 'demo-curation' } });
    expect(entry && subjectOf(entry)).toBe(profile.profile);
    expect(entry?.statement.predicate).toMatchObject({ request, dataset: dataset.dataset });
  });

  test('reports both columns: what the capture shows, and what the simulated market does', async () => {
    const entry = house.entries().find(({ digest }) => digest === profile.statement);
    if (entry?.kind !== 'profile') return expect.fail('no profile statement');
    const { report } = entry.statement.predicate;
    const { fidelity, faithful, laws } = (await registry.getJson(report)) as {
      fidelity: { name: string; capture: { low: number; high: number }; simulated: number; inside: boolean }[];
      faithful: boolean;
      laws: { ksDistance: number }[];
    };
    expect(fidelity.length).toBeGreaterThan(15);
    for (const { capture, simulated, inside } of fidelity)
      expect(inside).toBe(simulated >= capture.low && simulated <= capture.high);
    expect(faithful).toBe(fidelity.every(({ inside }) => inside));
    expect(laws.length).toBeGreaterThan(3);
  });

  test('tried again is the same profile and the same entry', async () => {
    const size = house.entries().length;
    expect(await stages.calibrate({ dataset: dataset.dataset, protocol, request }, context)).toEqual(profile);
    expect(house.entries().length).toBe(size);
  });

  test('traces back to the person who asked', () => {
    const { people } = lineagePeople(profile.profile, house.entries());
    expect(people.map(({ id }) => id)).toEqual(['demo-quant']);
  });

  test('refuses a dataset whose table was changed by one byte', async () => {
    const { manifest } = await loadDataset(registry, dataset.dataset);
    const [{ sha256: table }] = manifest.tables;
    const path = join(house.registry, 'objects', 'sha256', table.slice(0, 2), table.slice(2));
    expect(existsSync(path)).toBe(true);
    const changed = readFileSync(path);
    changed[100] ^= 1;
    writeFileSync(path, changed);
    const refused = stages.calibrate({ dataset: dataset.dataset, protocol, request }, context);
    await expect(refused).rejects.toMatchObject({ code: 'ASSAY_OBJECT_CORRUPT', params: { digest: table } });
    changed[100] ^= 1;
    writeFileSync(path, changed);
  });
});
