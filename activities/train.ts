/** Training as a stage: a profile and a protocol become a policy file, with its log and a signed account of how it came to be. */
import { join } from 'node:path';
import { digestJson, type Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { ExecutionEnv, type MarketShare } from '../envs/execution-env.ts';
import { executionMarket } from '../envs/execution-market.ts';
import { stressOf } from '../envs/stress.ts';
import { OBSERVATION_FIELDS, OBSERVATION_SCALING } from '../market/observation.ts';
import { ACTION_COLUMNS, ACTION_TABLE } from '../market/policy.ts';
import type { MarketProfile } from '../market/profile.ts';
import { encodePolicy } from '../models/policy-file.ts';
import { type PpoMetrics, type PpoProgress, type PpoResult, type PpoRun, trainPpo } from '../models/ppo.ts';
import type { Protocol } from '../validation/protocol.ts';
import { marketInputs, requestFor } from './inputs.ts';
import { type MachineDeps, openMachine } from './machine.ts';
import { trainingLogName, trainingLogOf } from './training-log.ts';
import type { StageProgress, TrainInput, TrainingStages } from './types.ts';

export function createTrain(deps: MachineDeps): TrainingStages['train'] {
  return async (input, { signal, progress }) => {
    const { line, profile, protocol, request, checkpointKey } = input;
    const { registry, state } = await openMachine(deps);
    const entries = await registry.signedEntries(deps.trust);
    const { candidate, config } = requestFor(entries, request, { line, protocol });
    const given = await marketInputs(registry, entries, { line, profile, protocol });
    const run = trainingRun(given.profile, given.protocol.protocol, input);
    const result = await trainPpo({
      ...run,
      environment: digestJson({ profile, protocol }),
      checkpoint: { directory: checkpointFolder(deps.scratch, checkpointKey) },
      signal,
      clock: deps.clock,
      onProgress: (report) => progress(shown(report)),
    });
    const model = await registry.putObject(policyFile(result, { profile, protocol }));
    const log = await registry.putJson(trainingLogOf(result));
    const materials = { request, dataset: given.dataset, profile, protocol };
    const statement = await state(
      'training',
      { name: `${line} ${candidate}`, sha256: model },
      {
        buildDefinition: {
          buildType: 'https://assay.dev/training/ppo/v1',
          externalParameters: { line, candidate, kind: 'model', seed: input.seed, steps: result.steps, config },
          resolvedDependencies: Object.entries(materials).map(([name, sha256]) => ({ name, digest: { sha256 } })),
        },
        runDetails: {
          builder: { id: 'https://assay.dev/worker/v1' },
          byproducts: [{ name: trainingLogName, digest: { sha256: log } }],
        },
      },
    );
    return { model, statement };
  };
}

/** A key names one folder, never a path. */
function checkpointFolder(scratch: string, key: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(key)) return join(scratch, 'checkpoints', key);
  throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', {
    where: 'checkpointKey',
    reason: `"${key}" is no name of a folder`,
  });
}

/**
 * Environment and settings of one training, as the protocol has them: part of the orders in stressed markets, observations
 * scaled by what the fields say of themselves.
 * @throws ASSAY_CONFIG_OUT_OF_BOUNDS for steps beyond the protocol's budget, or a seed that is no whole number
 */
export function trainingRun(
  profile: MarketProfile,
  protocol: Protocol,
  { seed, steps }: Pick<TrainInput, 'seed' | 'steps'>,
): Pick<PpoRun, 'env' | 'config' | 'rolloutMetrics'> {
  const { task, stress, seeds, training } = protocol;
  const { envs, riskAversion, stressed, totalSteps, ...learning } = training;
  const budget = steps ?? totalSteps;
  if (!(Number.isInteger(budget) && budget >= 0 && budget <= totalSteps))
    throw outOfBounds(`${budget} steps are not from 0 to the protocol's ${totalSteps}`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    throw outOfBounds(`the seed ${seed} is not from 0 to 2^32`);
  const market = executionMarket(profile, task);
  const others = stressed.map(({ stress: name, share, rewardDivisor }): MarketShare => {
    const spec = stress.find((scenario) => scenario.name === name);
    if (spec === undefined) throw outOfBounds(`there is no stress scenario "${name}"`);
    return { market: { ...market, stress: stressOf(spec) }, share, rewardDivisor };
  });
  const calm: MarketShare = { market, share: 1, rewardDivisor: 1 };
  const env = new ExecutionEnv({ markets: [calm, ...others], count: envs, riskAversion, driftSeed: seeds.training });
  // Runs of one protocol differ by their own seed; another protocol's differ from all of them.
  const ownSeed = seeds.training * 2 ** 20 + seed;
  return {
    env,
    config: { ...learning, seed: ownSeed, totalSteps: budget, scaling: OBSERVATION_SCALING },
    rolloutMetrics: () => costMetrics(env, calmOrders(stressed, envs)),
  };
}

/** Orders that meet the calm market: the first ones. */
function calmOrders(stressed: Protocol['training']['stressed'], envs: number): number {
  return stressed.reduce((left, { share }) => left - Math.floor(share * envs), envs);
}

/** Mean shortfall of the rollout's orders in the calm market, basis points. */
function costMetrics({ costsBps }: ExecutionEnv, calm: number): PpoMetrics {
  return { 'charts/cost_bps': costsBps.subarray(0, calm).reduce((sum, cost) => sum + cost, 0) / calm };
}

/** The trained network as the line's policy file. */
export function policyFile(
  { network, theta, runDigest }: Pick<PpoResult, 'network' | 'theta' | 'runDigest'>,
  from: { readonly profile: Sha256; readonly protocol: Sha256 },
) {
  return encodePolicy(network, theta, {
    observationNames: OBSERVATION_FIELDS.map((field) => field.name),
    actionColumns: ACTION_COLUMNS,
    actionTable: ACTION_TABLE,
    ...from,
    training: runDigest,
  });
}

/** Live figures by short names, those that are defined. */
function shown({ step, steps, metrics }: PpoProgress): StageProgress {
  const names = {
    return: 'charts/episodic_return',
    costBps: 'charts/cost_bps',
    kl: 'losses/approx_kl',
    clipped: 'losses/clipfrac',
    entropy: 'losses/entropy',
    explained: 'losses/explained_variance',
    stepsPerSecond: 'charts/SPS',
  };
  const figures = Object.entries(names).flatMap(([name, key]) => {
    const value = metrics[key];
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  return { what: 'training', done: step, total: steps, metrics: Object.fromEntries(figures) };
}

function outOfBounds(reason: string): AssayError {
  return new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: 'training', reason });
}
