import { describe, expect, test } from 'vitest';
import { streamKey } from '../../core/random.ts';
import { estimateDrift, foresee } from '../../envs/drift.ts';
import { evaluate } from '../../envs/evaluate.ts';
import { ExecutionEnv, REWARD_SCALE_BPS } from '../../envs/execution-env.ts';
import { executionMarket } from '../../envs/execution-market.ts';
import { SimulatedMarket } from '../../envs/simulated-market.ts';
import { stressOf } from '../../envs/stress.ts';
import { ACTION_TABLE } from '../../market/policy.ts';
import { syntheticProfile } from '../support/recorded-market.ts';

const task = { lots: 60, horizonMs: 8000, decisionMs: 500 };
const market = executionMarket(syntheticProfile(3), task);
const drift = estimateDrift(market, 1);
const count = 2048;
const steps = task.horizonMs / task.decisionMs;

const wild = { ...market, stress: stressOf({ name: 'volatility x 4', volatilityFactor: 4 }) };

function environment(riskAversion = 0, where = market): ExecutionEnv {
  const markets = [{ market: where, share: 1, rewardDivisor: 1 }] as const;
  return new ExecutionEnv({ markets, count, riskAversion, driftSeed: 1 });
}

/** Sum of rewards of each order, basis points, when all do the same thing all the time. */
function play(env: ExecutionEnv, action: number): Float64Array {
  const sums = new Float64Array(count);
  const actions = new Int32Array(count).fill(action);
  env.reset(5, 0);
  for (let t = 0; t < steps; t++) {
    env.step(actions);
    for (let i = 0; i < count; i++) sums[i] += env.rewards[i] * REWARD_SCALE_BPS;
  }
  return sums;
}

const mean = (x: Float64Array) => x.reduce((sum, value) => sum + value, 0) / x.length;
const deviation = (x: Float64Array) => {
  const centre = mean(x);
  return Math.sqrt(mean(x.map((value) => (value - centre) ** 2)));
};

describe('the execution environment', () => {
  const resting = ACTION_TABLE.findIndex(([post, cross, guard]) => post === 1 && cross === 0 && guard === 1);
  const patient = ACTION_TABLE.findIndex(([post]) => post === 0.25);
  const crossing = ACTION_TABLE.findIndex(([, cross]) => cross === 1);

  test('costs what the evaluation of the same behaviour on the same paths says', async () => {
    const env = environment();
    play(env, resting);
    const always = ACTION_TABLE[resting];
    const same = {
      name: 'always',
      decide: (_: Float32Array, actions: Float32Array, n: number) => {
        for (let i = 0; i < n; i++) actions.set(always, 3 * i);
      },
    };
    const { costsBps } = await evaluate(market, same, { seed: 5, stream: 'training/0', episodes: count });
    expect(Array.from(env.costsBps)).toEqual(Array.from(costsBps));
  });

  test.each([
    ['calm', market],
    ['wild', wild],
  ])(
    'pays the cost with its sign turned, less what could not be foreseen: the same mean, less noise, %s',
    (_, where) => {
      const env = environment(0, where);
      const saved = play(env, patient);
      const gaps = saved.map((sum, i) => sum + env.costsBps[i]);
      expect(Math.abs(mean(gaps))).toBeLessThan((4 * deviation(gaps)) / Math.sqrt(count));
      expect(deviation(saved)).toBeLessThan(0.97 * deviation(env.costsBps));
    },
  );

  test('charges for what is left, and only for that', () => {
    const free = play(environment(0), resting);
    const charged = play(environment(1000), resting);
    expect(mean(charged)).toBeLessThan(mean(free) - 0.1);
    const atOnce = play(environment(0), crossing);
    const chargedAtOnce = play(environment(1000), crossing);
    // One decision long everything is left, in whatever state the book begins in.
    const charges = atOnce.map((value, k) => value - chargedAtOnce[k]);
    const perTick = 1e4 / (2 * market.profile.referenceTicks);
    const states = new Set(drift.variance.map((variance) => 1000 * variance * perTick ** 2));
    const near = (charge: number) => [...states].some((known) => Math.abs(known - charge) < 1e-3 * known);
    expect(new Set(charges.map((charge) => Math.round(charge * 1e3))).size).toBeGreaterThan(3);
    for (const charge of charges.subarray(0, 100)) expect(near(charge)).toBe(true);
  });

  test('ends every order by the horizon, truncates none, and repeats itself to the bit', () => {
    const env = environment();
    const first = play(env, resting);
    expect(env.terminated.every((ended) => ended === 1)).toBe(true);
    expect(env.truncated.every((cut) => cut === 0)).toBe(true);
    expect(Array.from(play(environment(), resting))).toEqual(Array.from(first));
  });
});

describe('what is expected of the mid', () => {
  test.each([
    ['calm', market],
    ['wild', wild],
  ])('is right on average on paths it has not seen, on either side of the book, %s', (_, { stress }) => {
    const expected = estimateDrift({ ...market, stress }, 1);
    const paths = new SimulatedMarket(market.profile, market.chain, stress);
    const key = streamKey(9, 'held out');
    const surprises: Record<string, number[]> = { heavyBid: [], heavyAsk: [] };
    let [foreseenMoved, foreseenSquared] = [0, 0];
    for (let path = 0; path < 2000; path++) {
      paths.reset(key, path);
      for (let t = 0; t < 20; t++) {
        const side = paths.bidLots > paths.askLots ? 'heavyBid' : 'heavyAsk';
        const before = paths.shocklessMid;
        const { move } = foresee(expected, paths);
        paths.advance(paths.timeMs + task.decisionMs, null);
        const moved = paths.shocklessMid - before;
        surprises[side].push(moved - move);
        foreseenMoved += move * moved;
        foreseenSquared += move * move;
      }
    }
    // What is foreseen is neither too small nor too large for this market.
    const slope = foreseenMoved / foreseenSquared;
    expect(slope).toBeGreaterThan(0.85);
    expect(slope).toBeLessThan(1.15);
    for (const side of Object.values(surprises)) {
      const sample = Float64Array.from(side);
      expect(sample.length).toBeGreaterThan(5000);
      expect(Math.abs(mean(sample))).toBeLessThan((4 * deviation(sample)) / Math.sqrt(sample.length));
    }
  });

  test('leaves the shock of a scenario to be felt', () => {
    const shock = { bps: 150, riseMs: 4000, recovered: 0, recoverMs: 1000 };
    const shocked = new SimulatedMarket(market.profile, market.chain, stressOf({ name: 'shock', shock }));
    const calm = new SimulatedMarket(market.profile, market.chain);
    for (const path of [shocked, calm]) {
      path.reset(streamKey(2, 'shock'), 0);
      path.advance(5000, null);
    }
    expect(shocked.shocklessMid).toBe(calm.shocklessMid);
    const moved = (shocked.bidTicks - calm.bidTicks) / market.profile.referenceTicks;
    expect(Math.abs(moved) * 1e4).toBeCloseTo(150, 0);
  });
});
