import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../core/clock.ts';
import { Session } from '../../market/onnx/session.ts';
import { initialParameters } from '../../models/network.ts';
import { encodePolicy } from '../../models/policy-file.ts';
import { type PpoProgress, type PpoResult, type PpoRun, trainPpo } from '../../models/ppo.ts';
import { forwardModel } from '../../models/train-step.ts';
import { Corridor, Salary } from '../support/corridor.ts';
import { corridorRun } from '../support/corridor-run.ts';
import { removeFolder } from '../support/temporary.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-ppo-'));
});
afterEach(() => removeFolder(directory));

describe('on a problem whose answer is known', () => {
  it('the best return of the corridor is 4 + s, by trying all plans', () => {
    const env = new Corridor(1);
    for (let start = 0; start < 3; start++) {
      let best = 0;
      for (let plan = 0; plan < 256; plan++) {
        env.reset(1, 1);
        env.cells[0] = start;
        let total = 0;
        for (let t = 0; t < 8; t++) {
          const walk = (plan >> t) & 1;
          env.masks[1] = env.cells[0] < 4 ? 1 : 0;
          env.step(Int32Array.of(env.masks[1] === 1 ? walk : 0));
          total += env.rewards[0];
        }
        best = Math.max(best, total);
      }
      expect(best).toBeCloseTo(4 + start, 6);
    }
  });

  it('PPO finds it: the exported policy takes the best action from every start', async () => {
    const result = await trainPpo(corridorRun());
    expect(Number(result.history[0]?.['charts/episodic_return'])).toBeLessThan(3.8);
    expect(Number(result.history.at(-1)?.['charts/episodic_return'])).toBeGreaterThan(4.7);
    for (let start = 0; start < 3; start++) expect(await greedyReturn(result, start)).toBeCloseTo(4 + start, 6);
  });

  it.each([
    ['truncated', 'all of its future', 1 / (1 - 0.9)],
    ['terminated', 'what is left of four steps', (1 + 1.9 + 2.71 + 3.439) / 4],
  ] as const)('a salary that is %s is worth %s', async (ending, _, worth) => {
    const env = new Salary(ending);
    const config = {
      seed: 1,
      totalSteps: 150 * 32,
      hidden: [16],
      learningRate: 0.02,
      gamma: 0.9,
      clipValueLoss: false,
    };
    const { network, theta } = await trainPpo({ env, environment: ending, config: { ...config, epochs: 10 } });
    const session = await Session.load(forwardModel(network, 1));
    const { value } = await session.run({ theta, observation: Float32Array.of(1), mask: Float32Array.of(1, 1) });
    expect(Math.abs(Number(value?.[0]) - worth)).toBeLessThan(0.2);
  });
});

describe('the same inputs give the same bytes', () => {
  it('twice the same run, twice the same parameters and history', async () => {
    const [a, b] = [await trainPpo(corridorRun()), await trainPpo(corridorRun())];
    expect(a.thetaDigest).toBe(b.thetaDigest);
    expect(a.history).toEqual(b.history);
  });

  it('another seed, other parameters', async () => {
    const short = { totalSteps: 512 };
    const [a, b] = [await trainPpo(corridorRun(short)), await trainPpo(corridorRun({ ...short, seed: 8 }))];
    expect(a.thetaDigest).not.toBe(b.thetaDigest);
  });

  it('a run stopped and continued again and again ends like one left alone', async () => {
    const alone = await trainPpo(corridorRun());
    let done: PpoResult | undefined;
    for (let stop = 7; done === undefined; stop += 11) {
      const cancel = new AbortController();
      done = await trainPpo({
        ...corridorRun(),
        checkpoint: { directory, everyUpdates: 4 },
        signal: cancel.signal,
        onProgress: ({ update }) => update === stop && cancel.abort(),
      }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'ASSAY_CANCELLED' });
        return undefined;
      });
    }
    expect(done.thetaDigest).toBe(alone.thetaDigest);
    expect(done.history).toEqual(alone.history);
  });

  it('a finished run is not trained again', async () => {
    const run = { ...corridorRun({ totalSteps: 1024 }), checkpoint: { directory } };
    const first = await trainPpo(run);
    const seen: PpoProgress[] = [];
    const again = await trainPpo({ ...run, onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([]);
    expect(again.thetaDigest).toBe(first.thetaDigest);
  });
});

describe('cancel', () => {
  it('works before the first update and leaves a checkpoint', async () => {
    const run = { ...corridorRun(), checkpoint: { directory }, signal: AbortSignal.abort() };
    await expect(trainPpo(run)).rejects.toMatchObject({
      code: 'ASSAY_CANCELLED',
      params: { what: 'training after update 0 of 60' },
    });
    expect(readdirSync(directory)).toEqual(['update-00000000.ckpt']);
  });
});

describe('checkpoints', () => {
  const trained = async (changes: Partial<PpoRun['config']> = {}): Promise<PpoResult> =>
    trainPpo({ ...corridorRun({ totalSteps: 8 * 256, ...changes }), checkpoint: { directory, everyUpdates: 2 } });

  it('keeps the last two, and removes what a crash left half-written', async () => {
    writeFileSync(join(directory, 'update-00000003.ckpt.tmp'), 'half');
    await trained();
    expect(readdirSync(directory)).toEqual(['update-00000006.ckpt', 'update-00000008.ckpt']);
  });

  it('a damaged newest one is passed over for the one before it, and the result is the same', async () => {
    const { thetaDigest } = await trained();
    const newest = join(directory, 'update-00000008.ckpt');
    const bytes = readFileSync(newest);
    for (const damaged of [bytes.subarray(0, 1000), bytes.subarray(0, 5), flipped(bytes, bytes.length - 500)]) {
      writeFileSync(newest, damaged);
      expect((await trained()).thetaDigest).toBe(thetaDigest);
      writeFileSync(newest, bytes);
    }
  });

  it('when all are damaged it says so', async () => {
    await trained();
    for (const file of readdirSync(directory)) writeFileSync(join(directory, file), 'ASSAYCP1');
    await expect(trained()).rejects.toMatchObject({ code: 'ASSAY_CHECKPOINT_INVALID' });
  });

  it('one of another configuration is refused', async () => {
    await trained();
    await expect(trained({ learningRate: 1e-4 })).rejects.toMatchObject({
      code: 'ASSAY_CHECKPOINT_INVALID',
      message: expect.stringContaining('another run'),
    });
  });
});

describe('what goes wrong is said', () => {
  const refused: [string, object, string, string][] = [
    ['an unknown key', { learningrate: 1e-3 }, 'ASSAY_CONFIG_UNKNOWN_KEY', 'learningrate'],
    ['a rate out of bounds', { learningRate: -1 }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'learningRate is -1'],
    ['a NaN', { gamma: Number.NaN }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'gamma is NaN'],
    ['half an epoch', { epochs: 1.5 }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'epochs is 1.5'],
    ['a string', { clip: '0.2' }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'clip is 0.2'],
    ['a null where none is allowed', { lambda: null }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'lambda is null'],
    ['a switch that is none', { annealLearningRate: 1 }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'annealLearningRate is 1'],
    ['an empty layer', { hidden: [0] }, 'ASSAY_CONFIG_OUT_OF_BOUNDS', 'hidden is [0]'],
    [
      'scaling of another size',
      { scaling: { shift: [0], scale: [1], clip: 5 } },
      'ASSAY_CONFIG_OUT_OF_BOUNDS',
      'for 6 features',
    ],
  ];
  it.each(refused)('%s', async (...[, changes, code, text]) => {
    await expect(trainPpo(corridorRun(changes))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('a reward that is not a number stops training at its update, and the last good checkpoint stays', async () => {
    class Broken extends Corridor {
      #round = 0;
      override reset(seed: number, round: number): void {
        super.reset(seed, round);
        this.#round = round;
      }
      override step(actions: Int32Array): void {
        super.step(actions);
        if (this.#round === 5) this.rewards[3] = Number.NaN;
      }
    }
    const run = { ...corridorRun(), env: new Broken(32), checkpoint: { directory, everyUpdates: 1 } };
    await expect(trainPpo(run)).rejects.toMatchObject({ code: 'ASSAY_TRAINING_DIVERGED', params: { update: 5 } });
    expect(readdirSync(directory)).toEqual(['update-00000003.ckpt', 'update-00000004.ckpt']);
  });
});

describe('progress', () => {
  it('counts steps, names metrics as the field does, and keeps the clock out of the history', async () => {
    const clock = fixedClock(0);
    const seen: PpoProgress[] = [];
    const { history } = await trainPpo({
      ...corridorRun({ totalSteps: 1024 + 255 }),
      clock,
      rolloutMetrics: () => ({ 'charts/cost_bps': 1.5 }),
      onProgress: (progress) => {
        clock.set(seen.push(progress) * 1000);
      },
    });
    expect(seen.map(({ update, step, updates, steps }) => [update, step, updates, steps])).toEqual(
      [1, 2, 3, 4].map((update) => [update, update * 256, 4, 1024]),
    );
    expect(seen[2]?.metrics['charts/SPS']).toBe((3 * 256) / 2);
    expect(seen[2]?.etaSeconds).toBeCloseTo(2 / 3);
    expect(Object.keys(history[0] ?? {}).sort()).toEqual([
      'charts/cost_bps',
      'charts/episodic_length',
      'charts/episodic_return',
      'charts/gradient_steps',
      'charts/learning_rate',
      'charts/live_steps',
      'losses/approx_kl',
      'losses/clipfrac',
      'losses/entropy',
      'losses/explained_variance',
      'losses/grad_norm',
      'losses/loss',
      'losses/old_approx_kl',
      'losses/policy_loss',
      'losses/value_loss',
    ]);
  });

  it('no steps: the untrained network', async () => {
    const { theta, network, updates } = await trainPpo(corridorRun({ totalSteps: 0 }));
    expect(updates).toBe(0);
    expect(theta).toEqual(initialParameters(network, 7));
  });

  it('an early stop by KL takes fewer gradient steps', async () => {
    const steps = async (targetKl: number | null): Promise<number> => {
      const { history } = await trainPpo(corridorRun({ totalSteps: 1024, targetKl, learningRate: 0.05 }));
      return history.reduce((total, row) => total + Number(row['charts/gradient_steps']), 0);
    };
    expect(await steps(null)).toBe(4 * 4 * 4);
    expect(await steps(1e-4)).toBe(4 * 4);
  });
});

async function greedyReturn({ network, theta }: PpoResult, start: number): Promise<number> {
  const digest = '0'.repeat(64);
  const policy = await Session.load(
    encodePolicy(network, theta, {
      observationNames: ['c0', 'c1', 'c2', 'c3', 'c4', 'left'],
      actionColumns: ['walk'],
      actionTable: [[0], [1]],
      profile: digest,
      protocol: digest,
      training: digest,
    }),
  );
  const env = new Corridor(3);
  for (let round = 1; ; round++) {
    env.reset(1, round);
    const i = env.cells.indexOf(start);
    if (i < 0) continue;
    let total = 0;
    for (let t = 0; t < env.horizonSteps; t++) {
      const { action } = await policy.run({ observation: env.observations, mask: Float32Array.from(env.masks) });
      env.step(Int32Array.from(action as Float32Array));
      total += env.rewards[i];
    }
    return total;
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at] ^ 1;
  return copy;
}
