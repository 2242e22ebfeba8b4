/**
 * The environment of the line's training on the calibrated market: decisions of live orders a second, one thread. Actions at
 * random among those that rest: who crosses is soon done, and what is done costs little.
 */
import { trainingRun } from '../activities/train.ts';
import { randomStream } from '../core/random.ts';
import { ACTION_TABLE } from '../market/policy.ts';
import { calibratedMarket } from './market.ts';
import { alone, type Bench, type Setting, timed } from './measurement.ts';

export const benches: readonly Bench[] = [{ name: 'environment', run: environment }];

async function environment({ quick, scratch }: Setting) {
  const { profile, protocol } = await calibratedMarket(scratch);
  const { env } = trainingRun(profile, protocol.protocol, { seed: 1, steps: 0 });
  const random = randomStream(1, 'bench', 'environment');
  const resting = [...ACTION_TABLE.keys()].filter((row) => ACTION_TABLE[row][1] === 0);
  const actions = new Int32Array(env.count);
  let live = 0;
  const round = (seed: number) => {
    env.reset(seed, 0);
    for (let t = 0; t < env.horizonSteps; t++) {
      for (let i = 0; i < actions.length; i++) actions[i] = resting[random.below(resting.length)];
      live += env.terminated.reduce((left, done) => left - done, env.count);
      env.step(actions);
    }
  };
  round(0);
  live = 0;
  const { seconds } = await timed(() => {
    for (let seed = 1; seed <= (quick ? 1 : 10); seed++) round(seed);
  });
  return [
    alone({
      bench: 'environment',
      metric: 'steps of live orders',
      unit: '1/s',
      value: live / seconds,
    }),
  ];
}
