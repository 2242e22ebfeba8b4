import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untrainedPolicy } from '../../bench/policy.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { digestJson, sha256 } from '../../core/digest.ts';
import type { AssayError } from '../../core/errors.ts';
import { streamKey } from '../../core/random.ts';
import { encodeSchedule } from '../../market/schedule-file.ts';
import { contenderName } from '../../validation/contender.ts';
import { TrialPool } from '../../validation/parallel.ts';
import { parseProtocol, settingsOf } from '../../validation/protocol.ts';
import { renderReport } from '../../validation/report/page.ts';
import { parseReport, type ValidationReport } from '../../validation/report/schema.ts';
import { TrialCache } from '../../validation/trial-cache.ts';
import { type ValidationInput, validateCandidate } from '../../validation/validate.ts';
import { recordBookTape, simulatedMarket } from '../support/recorded-market.ts';
import { smallProtocol, syntheticMarket } from '../support/stages.ts';
import { temporaryFolder } from '../support/temporary.ts';

const document = smallProtocol((it) => (it.split.validationMs = 60_000));
const protocol = parseProtocol(document);
const profile = syntheticMarket(protocol, '');
const market = simulatedMarket(profile);
market.reset(streamKey(1, 'recorded'), 0);
const bookTape = recordBookTape(market, 60);
const bytes = untrainedPolicy([8]);
const digest = sha256(bytes);
const input: ValidationInput = {
  candidate: { name: 'ppo', kind: 'policy', bytes, digest, trainedSteps: 0 },
  lineage: { request: null, dataset: digest, profile: digest, training: null },
  profile,
  protocol: { protocol, document, digest: digestJson(document) },
  bookTape,
};
const textOf = (report: ValidationReport) => canonicalJson(parseReport(report));
/** What the comparisons below have in common is computed once. */
const kept = temporaryFolder();
afterAll(() => kept[Symbol.dispose]());
const quick = { ...input, cache: kept.path };
const failure = (change: Partial<ValidationInput>) =>
  validateCandidate({ ...quick, ...change }).then(
    () => 'none',
    (error: AssayError) => error.code,
  );

describe('an untrained policy', () => {
  let report: ValidationReport;
  beforeAll(async () => {
    report = await validateCandidate(input);
  });

  test('is refused, with every gate there is', () => {
    expect(report.verdict).toBe('refused');
    const kinds = Map.groupBy(report.gates, ({ kind }) => kind);
    expect(Object.fromEntries([...kinds].map(([kind, gates]) => [kind, gates.length]))).toEqual({
      ...{ fidelity: 1, superiority: 8, 'non-inferiority': 1 + 3 + 1, veto: 1 },
    });
    for (const { kind, minimalDetectableEffectBps, lowBps, highBps } of report.gates)
      if (kind !== 'fidelity') expect([minimalDetectableEffectBps, lowBps, highBps]).not.toContain(null);
    // A profile that states no moments has nothing to be faithful to, and that refuses, too.
    expect(report.reasons.join('\n')).toContain('Fidelity of the simulated market, the capture: nothing was compared');
  });

  test('is shown beside every baseline, the rule, in stress and in replay', () => {
    expect(report.policies.map(({ role }) => role)).toEqual(['candidate', ...Array(8).fill('baseline'), 'rule']);
    expect(report.stress.length).toBe(3 * 3);
    expect(report.replay).toMatchObject({ starts: 11, everyMs: 5000, horizonMs: 10_000 });
    for (const { settingsTried } of report.baselines) expect(settingsTried).toBeGreaterThanOrEqual(8);
    expect(renderReport(report)).toContain('<strong>Refused</strong>');
  });

  test('gets the same report whatever the threads, and with results kept from before', async () => {
    using folder = temporaryFolder();
    const expected = textOf(report);
    expect(textOf(await validateCandidate({ ...input, workers: 2 }))).toBe(expected);
    const cache = folder.path;
    expect(textOf(await validateCandidate({ ...input, cache }))).toBe(expected);
    const files = readdirSync(cache);
    expect(files.length).toBe(160 + 10 + 3 * 3);
    // Two results that were kept are damaged: both are computed again, and mended.
    const [flipped, cut] = files.map((file) => join(cache, file));
    const [whole, other] = [readFileSync(flipped), readFileSync(cut)];
    const broken = Buffer.from(whole);
    broken[40] ^= 1;
    writeFileSync(flipped, broken);
    writeFileSync(cut, other.subarray(0, -1));
    expect(textOf(await validateCandidate({ ...input, cache }))).toBe(expected);
    expect([readFileSync(flipped), readFileSync(cut)]).toEqual([whole, other]);
  });

  test('and the champion that it would replace: itself is not cheaper than itself', async () => {
    const champion = { name: 'ppo, version 1', kind: 'policy', bytes } as const;
    const { gates, policies } = await validateCandidate({ ...quick, champion });
    expect(gates.filter(({ kind }) => kind === 'champion')).toMatchObject([{ passed: false, estimateBps: 0 }]);
    expect(policies.at(-1)).toMatchObject({ role: 'champion', name: 'ppo, version 1' });
  });
});

describe('a schedule', () => {
  test('that is to be a fallback gets figures and no comparison', async () => {
    const [spec] = settingsOf(protocol.baselines[0], profile.volumeCurve);
    const schedule = encodeSchedule(spec);
    const name = contenderName({ type: 'schedule', spec });
    const candidate = {
      name,
      kind: 'schedule',
      bytes: schedule,
      digest: sha256(schedule),
      trainedSteps: null,
    } as const;
    const report = parseReport(await validateCandidate({ ...quick, candidate: { ...candidate, fallback: true } }));
    expect(report.gates.map(({ kind }) => kind)).toEqual(['fidelity']);
    expect(report.candidate).toMatchObject({ kind: 'schedule', trainedSteps: null });
    const compared = await validateCandidate({ ...quick, candidate });
    const same = compared.gates.find(({ against }) => against === name);
    expect(same?.passed).toBe(false);
  });
});

describe('a validation ends without a verdict', () => {
  test('when the candidate is none, or cannot decide', async () => {
    expect(await failure({ candidate: { ...input.candidate, bytes: bytes.subarray(0, 100) } })).toBe(
      'ASSAY_MODEL_INVALID',
    );
    expect(await failure({ candidate: { ...input.candidate, kind: 'schedule' } })).toBe('ASSAY_MODEL_INVALID');
  });

  test('when the recording is shorter than one order', async () => {
    const [originMs] = bookTape.tape.timeMs;
    expect(await failure({ segment: { fromMs: originMs, toMs: originMs + 9000 } })).toBe('ASSAY_DATASET_QUALITY');
  });

  test('when it is cancelled', async () => {
    const abort = new AbortController();
    const onProgress = (what: string) => what.startsWith('comparing') && abort.abort();
    const seed = 302;
    expect(await failure({ seed, signal: abort.signal, onProgress })).toBe('ASSAY_CANCELLED');
    expect(await failure({ signal: AbortSignal.abort() })).toBe('ASSAY_CANCELLED');
  });
});

describe('kept results', () => {
  const { task } = protocol;
  const trial = { contender: { type: 'rule', threshold: 0.5 }, seed: 1, stream: 'kept', episodes: 300 } as const;

  test('are those that were computed, and nobody else finds them', async () => {
    using folder = temporaryFolder();
    const pool = new TrialPool({ profile, task });
    const [result] = await pool.run([trial]);
    await pool.close();
    const cache = new TrialCache(folder.path, { profile, task });
    expect(cache.read(trial)).toBe(undefined);
    cache.write(trial, result);
    expect(new TrialCache(folder.path, { profile, task }).read(trial)).toEqual(result);
    for (const other of [
      { seed: 2 },
      { stream: 'x' },
      { episodes: 301 },
      { contender: { type: 'rule', threshold: 0.6 } as const },
    ])
      expect(cache.read({ ...trial, ...other })).toBe(undefined);
    expect(cache.read({ ...trial, stress: { name: 'calm' } })).toBe(undefined);
    const elsewhere = { ...profile, referenceTicks: profile.referenceTicks + 1 };
    expect(new TrialCache(folder.path, { profile: elsewhere, task }).read(trial)).toBe(undefined);
    expect(new TrialCache(folder.path, { profile, task: { ...task, lots: 1 } }).read(trial)).toBe(undefined);
  });

  test('that cannot be kept are none', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    const pool = new TrialPool({ profile, task, cache: file });
    await expect(pool.run([trial])).resolves.toHaveLength(1);
    await pool.close();
  });
});
