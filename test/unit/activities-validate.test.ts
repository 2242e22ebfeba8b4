import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inChild } from '../../activities/in-child.ts';
import { createTrainingActivities } from '../../activities/training.ts';
import type { TrainResult, ValidateInput, ValidateResult } from '../../activities/types.ts';
import { createValidationActivities } from '../../activities/validate.ts';
import { sha256 } from '../../core/digest.ts';
import type { AssayError } from '../../core/errors.ts';
import { isKind } from '../../registry/entries.ts';
import { Files } from '../../registry/files.ts';
import { lineagePeople } from '../../registry/lineage.ts';
import { approvalState } from '../../registry/policy.ts';
import { getObject } from '../../registry/store.ts';
import { verifyRegistry } from '../../registry/verify.ts';
import { parseReport } from '../../validation/report/schema.ts';
import { assay } from '../support/assay.ts';
import { createStageHouse, line, listening, quiet, type StageHouse } from '../support/stages.ts';
import { temporaryFolder } from '../support/temporary.ts';

let at: StageHouse;
let trained: TrainResult;
let made: ValidateResult;
let input: ValidateInput;

beforeAll(async () => {
  at = await createStageHouse('captures');
  const { request, profile, dataset, protocol } = at;
  const training = createTrainingActivities(at.deps('demo-training'));
  const asked = { line, profile, protocol, seed: 1, steps: 0, request, checkpointKey: 'untrained' };
  trained = await training.train(asked, quiet);
  input = { line, model: trained.model, profile, dataset, protocol };
  made = await validation().validate(input, quiet);
}, 120_000);
afterAll(() => at.house.remove());

const validation = (who: 'demo-validation' | 'demo-training' = 'demo-validation') =>
  createValidationActivities(at.deps(who));
const object = (digest: string) => getObject(new Files(at.house.registry), digest);
const code = (result: Promise<unknown>) =>
  result.then(
    () => 'none',
    (error: AssayError) => `${error.code}: ${error.message}`,
  );
const review = () => ({ entries: at.house.entries(), line, model: trained.model });

describe('validate', () => {
  test('refuses an untrained candidate, with a report and a signed statement like any other', () => {
    expect(made.verdict).toBe('refused');
    expect(made.reasons.length).toBeGreaterThan(0);
    const report = parseReport(JSON.parse(object(made.report).toString('utf8')));
    expect(report).toMatchObject({
      ...{ line, verdict: 'refused', reasons: made.reasons },
      candidate: { digest: trained.model, name: 'ppo', kind: 'policy', trainedSteps: 0 },
      lineage: { request: at.request, dataset: at.dataset, profile: at.profile, training: trained.statement },
      replay: { starts: 38 },
    });
    expect(report.fidelity.length).toBe(17);
    const entry = at.house.entries().filter(isKind('validation')).at(-1);
    expect(entry).toMatchObject({ digest: made.statement, by: { id: 'demo-validation' } });
    expect(entry?.statement.predicate).toMatchObject({
      ...{ line, candidate: 'ppo', verdict: 'refuse', report: made.report, protocol: at.protocol },
    });
    expect(entry?.statement.predicate.gates.map(({ passed }) => passed)).toEqual(
      report.gates.map(({ passed }) => passed),
    );
    expect(verifyRegistry(at.house.registry, { trust: at.house.trust })).toMatchObject({ trusted: true });
    expect(approvalState(review(), Date.now())).toMatchObject({ state: 'refused' });
    // The validation built nothing: the quant who asked is the whole lineage.
    expect(lineagePeople(trained.model, at.house.entries())).toMatchObject({
      people: [{ id: 'demo-quant' }],
      gaps: [],
    });
  });

  test('killed in the middle, and twice, finds the same, once', async () => {
    const script = join(import.meta.dirname, '../../cli/stage.ts');
    const config = { ...at.config('demo-validation'), scratch: join(at.house.folder, 'killed'), queue: 'validation' };
    const child = fork(script, { execArgv: [], serialization: 'json' });
    child.on('message', (said: { report?: { what: string } }) => {
      if (said.report?.what === 'comparing under stress') child.kill('SIGKILL');
    });
    child.send({ stage: 'validate', input, config });
    expect((await once(child, 'close'))[1]).toBe('SIGKILL');
    const size = at.house.entries().length;
    const context = listening();
    expect(await inChild({ script, stage: 'validate', input, config }, context)).toEqual(made);
    expect(at.house.entries().length).toBe(size);
    expect(context.heard.map(({ what }) => what)).toContain('comparing under stress');
  });

  test('draws the curve of a training that took steps', async () => {
    const { request, profile, protocol } = at;
    const training = createTrainingActivities(at.deps('demo-training'));
    const { model } = await training.train(
      { line, profile, protocol, seed: 2, request, checkpointKey: 'short' },
      quiet,
    );
    const { report } = await validation().validate({ ...input, model }, quiet);
    const curve = parseReport(JSON.parse(object(report).toString('utf8'))).training;
    expect(curve.map(({ step }) => step)).toEqual([200, 400, 600, 800]);
  });

  test('cancelled stops, and states nothing', async () => {
    const abort = new AbortController();
    const context = { signal: abort.signal, progress: () => abort.abort() };
    const size = at.house.entries().length;
    expect(await code(validation().validate(input, context))).toMatch(/^ASSAY_CANCELLED/);
    expect(at.house.entries().length).toBe(size);
  });
});

describe('validate does not judge', () => {
  const refused = (change: Partial<ValidateInput>, who?: 'demo-training') =>
    code(validation(who).validate({ ...input, ...change }, quiet));

  test('what nobody trusted has trained for the line', async () => {
    expect(await refused({ model: sha256('none') })).toMatch(/^ASSAY_NOT_FOUND: a training of/);
    expect(await refused({ line: 'another' })).toMatch(/^ASSAY_NOT_FOUND/);
  });

  test('a candidate of other artifacts than it is asked about', async () => {
    for (const name of ['profile', 'dataset', 'protocol'] as const)
      expect(await refused({ [name]: sha256('other') })).toMatch(new RegExp(`^ASSAY_DIGEST_MISMATCH: .*${name}`));
  });

  test('what it has trained itself; and where it did none the less, that counts for nothing', async () => {
    expect(await refused({}, 'demo-training')).toMatch(/^ASSAY_PERSON_IN_LINEAGE: demo-training/);
    const { request, profile, protocol } = at;
    const training = createTrainingActivities(at.deps('demo-training'));
    const { model } = await training.train(
      { line, profile, protocol, seed: 3, steps: 0, request, checkpointKey: 'own' },
      quiet,
    );
    const predicate = { line, candidate: 'ppo', verdict: 'pass', report: made.report, protocol, gates: [] } as const;
    at.house.append(at.house.sign('demo-training', 'validation', model, predicate));
    expect(approvalState({ ...review(), model }, Date.now())).toMatchObject({ state: 'unvalidated' });
  });
});

describe('from the command line', () => {
  const run = (...args: string[]) => assay([...args, '--registry', at.house.registry, '--trust', at.house.trustFile]);

  test('validate prints the verdict and every gate, and ends with 1 when it refuses', async () => {
    const { key, logKey, scratch } = at.config('demo-validation');
    const names = ['protocol', 'profile', 'dataset'] as const;
    const references = names.flatMap((name) => [`--${name}`, input[name].slice(0, 16)]);
    const machine = ['--machine-key', key, '--log-key', logKey, '--scratch', scratch];
    const ran = await run('validate', trained.model.slice(0, 16), '--line', line, ...references, ...machine);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/^refused: ppo \([0-9a-f]{12}\) on btcusd-perp, \d+ of 15 gates passed$/m);
    expect(ran.out).toMatch(
      /^(passed|REFUSED) +Mean shortfall +TWAP, taker +normal +-?\d+\.\d{3} +\[-?[\d.]+, -?[\d.]+\]/m,
    );
    expect(ran.out).toMatch(/^REFUSED .*may be worse by/m);
    expect(ran.out).toMatch(/no veto|significantly worse|more than 1\.000 bps/);
    expect(ran.out).toContain(`report     ${made.report}`);
  });

  test('report shows it again and writes the page', async () => {
    using folder = temporaryFolder();
    const out = join(folder.path, 'report.html');
    const ran = await run('report', trained.model, '--out', out);
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain(`report  ${made.report}`);
    expect(readFileSync(out, 'utf8')).toContain(`<code>${made.report}</code>`);
    expect((await run('report', made.report.slice(0, 12))).out).toContain('gates passed');
    const none = await run('report', at.profile, '--json');
    expect([none.code, JSON.parse(none.out).error.code]).toEqual([1, 'ASSAY_STATEMENT_INVALID']);
    const nowhere = await run('report', trained.model, '--out', join(folder.path, 'absent/report.html'));
    expect([nowhere.code, nowhere.err.split(':')[0]]).toEqual([2, 'ASSAY_INPUT_MISSING']);
  });
});
