import { describe, expect, test } from 'vitest';
import { evaluate, evaluateAll } from '../../envs/evaluate.ts';
import { executionMarket } from '../../envs/execution-market.ts';
import { CALM, stressOf } from '../../envs/stress.ts';
import { Decay } from '../../market/decay.ts';
import { imbalanceRule } from '../../market/imbalance-rule.ts';
import { OBSERVATION_SIZE } from '../../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../../market/policy.ts';
import { type ScheduleSpec, schedulePolicy } from '../../market/schedules.ts';
import { syntheticProfile } from '../support/recorded-market.ts';

const task = { lots: 120, horizonMs: 10_000, decisionMs: 500 };
const even: ScheduleSpec = {
  ...{ kind: 'schedule', family: 'twap', children: 'taker', slices: 20, lead: 0 },
  ...{ tolerance: 1, participation: 0, urgency: 0, volumeCurve: [0, 1] },
};
/** Decides by every field it sees: two that see the least difference part ways. */
const attentive: Policy = {
  name: 'attentive',
  decide(observations, actions, count) {
    for (let i = 0; i < count; i++) {
      const sum = observations.subarray(i * OBSERVATION_SIZE, (i + 1) * OBSERVATION_SIZE).reduce((a, b) => a + b, 0);
      const whim = Math.abs(Math.sin(1e6 * sum));
      actions.set([whim, whim > 0.9 ? whim / 4 : 0, 1], i * ACTION_SIZE);
    }
  },
};
const policies = [
  attentive,
  schedulePolicy(even),
  schedulePolicy({ ...even, children: 'passive', lead: 0.5, tolerance: 0.1 }),
  // Done at its second decision: the market has to go on for the others.
  schedulePolicy({ ...even, slices: 1 }),
  imbalanceRule(0.5),
  attentive,
];
const options = { seed: 5, stream: 'test', episodes: 70, batch: 32 };

describe.each([CALM, stressOf({ name: 'thin and wild', volatilityFactor: 3, depthDivisor: 5, spreadFactor: 2 })])(
  'policies that share a market ($name)',
  (stress) => {
    const market = executionMarket(syntheticProfile(3), task, stress);

    test('cost what each costs alone, to the bit', async () => {
      const together = await evaluateAll(market, policies, options);
      for (const [k, policy] of policies.entries())
        expect(together[k]).toEqual(await evaluate(market, policy, options));
    });

    test('meet the same paths in parts as in one go', async () => {
      const whole = await evaluateAll(market, policies, options);
      const first = await evaluateAll(market, policies, { ...options, episodes: 32 });
      const rest = await evaluateAll(market, policies, { ...options, from: 32, episodes: 38 });
      for (const [k, { costsBps }] of whole.entries())
        expect([...first[k].costsBps, ...rest[k].costsBps]).toEqual([...costsBps]);
    });

    test('differ, and meet other paths under another seed', async () => {
      const [, taker, passive] = await evaluateAll(market, policies, options);
      const [, other] = await evaluateAll(market, policies, { ...options, seed: 6 });
      expect(taker.costsBps).not.toEqual(passive.costsBps);
      expect(taker.costsBps).not.toEqual(other.costsBps);
      expect(taker.makerShare).toBe(0);
      expect(passive.makerShare).toBeGreaterThan(0);
    });
  },
);

test('a decay looked up is the decay computed, to the bit', () => {
  for (const timeMs of [1000, 2000, 5000, 1234.5]) {
    const decay = new Decay(timeMs);
    for (const ms of [0, 10, 20, 130, 5110, 5120, 70_000, 3, 10.000000000000002])
      expect(decay.after(ms)).toBe(Math.exp(-ms / timeMs));
  }
});
