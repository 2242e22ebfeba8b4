import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inChild } from '../../activities/in-child.ts';
import { trainingRun } from '../../activities/train.ts';
import { createTrainingActivities } from '../../activities/training.ts';
import type { TrainInput, TrainResult } from '../../activities/types.ts';
import { sha256 } from '../../core/digest.ts';
import type { AssayError } from '../../core/errors.ts';
import { OBSERVATION_FIELDS } from '../../market/observation.ts';
import { describePolicy } from '../../market/policy-file.ts';
import { loadPolicy } from '../../market/policy-onnx.ts';
import { parseSchedule } from '../../market/schedule-file.ts';
import { isKind, subjectOf } from '../../registry/entries.ts';
import { Files } from '../../registry/files.ts';
import { lineagePeople } from '../../registry/lineage.ts';
import { getObject } from '../../registry/store.ts';
import { verifyRegistry } from '../../registry/verify.ts';
import { parseTuningReport, renderTuningReport } from '../../validation/report/tuning.ts';
import {
  createStageHouse,
  line,
  listening,
  quiet,
  type StageHouse,
  smallProtocol,
  syntheticMarket,
} from '../support/stages.ts';

let at: StageHouse;
/** A training left alone, and what it said on the way. */
let made: TrainResult;
const context = listening();
beforeAll(async () => {
  at = await createStageHouse('synthetic');
  made = await training().train(input(), context);
});
afterAll(() => at.house.remove());

const training = () => createTrainingActivities(at.deps('demo-training'));
let keys = 0;
const input = (change: Partial<TrainInput> = {}): TrainInput => {
  const { request, profile, protocol } = at;
  return { line, profile, protocol, seed: 1, request, checkpointKey: `test-${keys++}`, ...change };
};
const object = (digest: string) => getObject(new Files(at.house.registry), digest);
const json = (digest: string) => JSON.parse(object(digest).toString('utf8'));
const stated = (digest: string) => {
  const entry = at.house
    .entries()
    .filter(isKind('training'))
    .find((one) => one.digest === digest);
  if (entry === undefined) throw new Error(`no training ${digest}`);
  return entry;
};
const code = (result: Promise<unknown>) =>
  result.then(
    () => 'none',
    (error: AssayError) => `${error.code}: ${error.message}`,
  );

describe('the settings of a training', () => {
  test("are the protocol's; an observation one spread off its centre is seen as 1", () => {
    const protocol = smallProtocol();
    const { config, env } = trainingRun(syntheticMarket(protocol, ''), protocol, { seed: 7 });
    const { shift, scale, clip } = config.scaling ?? { shift: [], scale: [], clip: 0 };
    const seen = OBSERVATION_FIELDS.map((field, i) => (field.shift + field.scale - shift[i]) * scale[i]);
    for (const z of seen) expect(z).toBeCloseTo(1, 12);
    expect(clip).toBe(5);
    const { totalSteps, hidden, learningRate, minibatchSize, epochs } = protocol.training;
    expect(config).toMatchObject({ totalSteps, hidden, learningRate, minibatchSize, epochs });
    expect([env.count, env.horizonSteps, env.observationSize]).toEqual([20, 10, OBSERVATION_FIELDS.length]);
  });

  test('take other seeds to other streams', () => {
    const protocol = smallProtocol();
    const seedOf = (seed: number, change?: (it: typeof protocol) => unknown) =>
      trainingRun(syntheticMarket(protocol, ''), smallProtocol(change), { seed }).config.seed;
    const seeds = [seedOf(0), seedOf(1), seedOf(2), seedOf(1, (it) => (it.seeds.training = 202))];
    expect(new Set([...seeds, ...Object.values(protocol.seeds)]).size).toBe(4 + 5);
  });
});

describe('train', () => {
  test('leaves a policy, its log and a signed account of both; twice gives the same', async () => {
    const policy = await loadPolicy(object(made.model), 'ppo');
    expect(policy.name).toBe('ppo');
    expect(describePolicy(object(made.model))).toMatchObject({ profile: at.profile, protocol: at.protocol });

    const entry = stated(made.statement);
    expect(entry.by).toMatchObject({ id: 'demo-training' });
    const { buildDefinition, runDetails } = entry.statement.predicate;
    expect(buildDefinition.externalParameters).toMatchObject({
      line,
      candidate: 'ppo',
      kind: 'model',
      seed: 1,
      steps: 800,
    });
    const named = buildDefinition.resolvedDependencies.map(({ name, digest }) => [name, digest.sha256]);
    expect(Object.fromEntries(named)).toEqual({
      ...{ request: at.request, dataset: at.dataset, profile: at.profile, protocol: at.protocol },
    });
    const log = json(runDetails.byproducts?.[0]?.digest.sha256 ?? '');
    expect(log.history.length).toBe(4);
    expect(Object.keys(log.history[0])).toContain('charts/cost_bps');
    expect(JSON.stringify(log)).not.toContain('SPS');

    expect(context.heard.at(-1)).toMatchObject({ what: 'training', done: 800, total: 800 });
    expect(Object.keys(context.heard[0]?.metrics ?? {})).toEqual([
      ...['return', 'costBps', 'kl', 'clipped', 'entropy', 'explained', 'stepsPerSecond'],
    ]);

    const size = at.house.entries().length;
    expect(await training().train(input(), quiet)).toEqual(made);
    expect(at.house.entries().length).toBe(size);
    expect(lineagePeople(made.model, at.house.entries())).toMatchObject({ people: [{ id: 'demo-quant' }], gaps: [] });
    expect(verifyRegistry(at.house.registry, { trust: at.house.trust })).toMatchObject({ trusted: true });
  });

  test('another seed gives another model; no steps an untrained one', async () => {
    expect((await training().train(input({ seed: 2 }), quiet)).model).not.toBe(made.model);
    const { statement } = await training().train(input({ steps: 0 }), quiet);
    expect(stated(statement).statement.predicate.buildDefinition.externalParameters.steps).toBe(0);
  });

  test('cancelled stops at the next update, and goes on from there to the same model', async () => {
    const abort = new AbortController();
    const checkpointKey = 'cancelled';
    const cancelling = { signal: abort.signal, progress: () => abort.abort() };
    expect(await code(training().train(input({ checkpointKey }), cancelling))).toMatch(
      /^ASSAY_CANCELLED: .*update 1 of 4/,
    );
    const rest = listening();
    const { model } = await training().train(input({ checkpointKey }), rest);
    expect(rest.heard.map(({ done }) => done)).toEqual([400, 600, 800]);
    expect(model).toBe(made.model);
  });

  test('killed with SIGKILL in its child, it ends with the digest of a run left alone', async () => {
    const long = await createStageHouse('synthetic', (protocol) => (protocol.training.totalSteps = 40 * 200));
    try {
      const script = join(import.meta.dirname, '../../cli/stage.ts');
      const { request, profile, protocol } = long;
      const asked: TrainInput = { line, profile, protocol, seed: 1, request, checkpointKey: 'killed' };
      const config = { ...long.config('demo-training'), queue: 'training' };
      const child = fork(script, { execArgv: [], serialization: 'json' });
      child.on('message', (said: { type: string; report?: { done: number } }) => {
        if (said.type === 'progress' && (said.report?.done ?? 0) >= 22 * 200) child.kill('SIGKILL');
      });
      child.send({ stage: 'train', input: asked, config });
      expect((await once(child, 'close'))[1]).toBe('SIGKILL');
      const rest = listening();
      const resumed = await inChild({ script, stage: 'train', input: asked, config }, rest);
      expect(rest.heard[0]?.done).toBe(21 * 200);
      const alone = createTrainingActivities({
        ...long.deps('demo-training'),
        scratch: join(long.house.folder, 'other'),
      });
      expect(await alone.train(asked, quiet)).toEqual(resumed);
    } finally {
      long.house.remove();
    }
  });

  test('without room for a checkpoint says so, and nothing is stated', async () => {
    const size = at.house.entries().length;
    const child = fork(join(import.meta.dirname, '../../cli/stage.ts'), {
      ...{
        execPath: 'bash',
        execArgv: ['-c', 'ulimit -f 0; exec "$@"', 'bash', process.execPath],
        serialization: 'json',
      },
    });
    child.send({ stage: 'train', input: input(), config: { ...at.config('demo-training'), queue: 'training' } });
    let last: unknown;
    child.on('message', (said) => (last = said));
    await once(child, 'close');
    expect(last).toMatchObject({ type: 'failed', code: 'ASSAY_DISK_FULL' });
    expect(at.house.entries().length).toBe(size);
  });
});

describe('train refuses', () => {
  const refused = (change: Partial<TrainInput>) => code(training().train(input(change), quiet));

  test('more steps than the protocol allows, and numbers that are none', async () => {
    expect(await refused({ steps: 801 })).toMatch(/^ASSAY_CONFIG_OUT_OF_BOUNDS: training: 801 steps/);
    for (const change of [{ steps: -1 }, { steps: 0.5 }, { steps: Number.NaN }, { seed: Number.NaN }, { seed: -1 }])
      expect(await refused(change)).toMatch(/^ASSAY_CONFIG_OUT_OF_BOUNDS: training/);
    expect(await refused({ checkpointKey: '../elsewhere' })).toMatch(/^ASSAY_CONFIG_OUT_OF_BOUNDS: checkpointKey/);
  });

  test('a request that is not there, not for it, or no quant has signed', async () => {
    expect(await refused({ request: sha256('none') })).toMatch(/^ASSAY_NOT_FOUND: request/);
    expect(await refused({ request: at.ask({ line: 'another' }) })).toMatch(/^ASSAY_DIGEST_MISMATCH: .*line another/);
    expect(await refused({ request: at.ask({ protocol: sha256('other') }) })).toMatch(
      /^ASSAY_DIGEST_MISMATCH: .*protocol/,
    );
    expect(await refused({ request: at.ask({ who: 'demo-training' }) })).toMatch(/^ASSAY_ROLE_DENIED: demo-training/);
    expect(await refused({ request: at.ask({ who: 'demo-stranger' }) })).toMatch(/^ASSAY_ROLE_DENIED: key/);
    expect(await refused({ line: 'another' })).toMatch(/^ASSAY_DIGEST_MISMATCH/);
  });

  test('a profile that nobody stated, that is broken, or that is of other fees', async () => {
    const good = syntheticMarket(smallProtocol(), at.dataset);
    expect(await refused({ profile: at.put({ ...good, seconds: 1 }) })).toMatch(
      /^ASSAY_NOT_FOUND: a statement about profile/,
    );
    const broken = {
      'a number that is none': { ...good, referenceTicks: null },
      'a negative price': { ...good, referenceTicks: -1 },
      'an unknown key': { ...good, mood: 'calm' },
      'other fees': { ...good, fees: { ...good.fees, takerBps: { value: 0, source: 'a wish' } } },
    };
    for (const [how, profile] of Object.entries(broken))
      expect([how, await refused({ profile: at.stateProfile(profile) })]).toEqual([
        how,
        expect.stringMatching(/^ASSAY_PROFILE_INVALID/),
      ]);
    const elsewhere = at.stateProfile({ ...good, dataset: sha256('another') });
    expect(await refused({ profile: elsewhere })).toMatch(/^ASSAY_DIGEST_MISMATCH: .*dataset/);
  });

  test('a protocol with an unknown key or a value out of bounds', async () => {
    const protocols = {
      ASSAY_CONFIG_UNKNOWN_KEY: { ...smallProtocol(), luck: 1 },
      ASSAY_CONFIG_OUT_OF_BOUNDS: smallProtocol((it) => (it.training.clip = 11)),
    };
    for (const [expected, document] of Object.entries(protocols)) {
      const protocol = at.put(document);
      expect((await refused({ protocol, request: at.ask({ protocol }) })).split(':')[0]).toBe(expected);
    }
    expect(await refused({ protocol: sha256('none'), request: at.ask({ protocol: sha256('none') }) })).toMatch(
      /^ASSAY_OBJECT_MISSING/,
    );
  });
});

describe('tune', () => {
  test('leaves the best baseline as a schedule, and a report of everything that was tried', async () => {
    const { request, profile, protocol } = at;
    const context = listening();
    const made = await training().tune({ line, profile, protocol, request }, context);
    const report = parseTuningReport(json(made.report));
    expect(report.baselines.length).toBe(8);
    for (const { tried, best } of report.baselines) {
      expect(tried.length).toBeGreaterThanOrEqual(8);
      expect(best.meanBps).toBe(Math.min(...tried.map(({ meanBps }) => meanBps)));
    }
    expect(report.chosen.meanBps).toBe(Math.min(...report.baselines.map(({ best }) => best.meanBps)));
    expect(report.chosen.schedule).toBe(made.schedule);
    expect(parseSchedule(object(made.schedule))).toMatchObject(report.chosen.settings);
    expect(renderTuningReport(report)).toContain(`<code>${made.schedule}</code>`);

    const entry = stated(made.statement);
    expect(subjectOf(entry)).toBe(made.schedule);
    expect(entry).toMatchObject({
      by: { id: 'demo-training' },
      statement: { predicate: { runDetails: { byproducts: [{ name: 'report', digest: { sha256: made.report } }] } } },
    });
    expect(lineagePeople(made.schedule, at.house.entries())).toMatchObject({
      people: [{ id: 'demo-quant' }],
      gaps: [],
    });
    expect(context.heard.at(-1)).toMatchObject({ what: 'tuning the baselines', done: 160 * 16, total: 160 * 16 });
    expect(await training().tune({ line, profile, protocol, request }, quiet)).toEqual(made);
  });

  test('cancelled stops, and states nothing', async () => {
    const { request, profile } = at;
    const protocol = at.put(smallProtocol((it) => (it.episodes.tuning = 2048)));
    const abort = new AbortController();
    const context = { signal: abort.signal, progress: () => abort.abort() };
    const size = at.house.entries().length;
    const own = at.ask({ protocol });
    expect(await code(training().tune({ line, profile, protocol, request: own }, context))).toMatch(/^ASSAY_CANCELLED/);
    expect(request).not.toBe(own);
    expect(at.house.entries().length).toBe(size + 1);
  });
});
