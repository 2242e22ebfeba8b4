/**
 * Learning, not speed: CartPole-v1 with CleanRL's settings, for each seed the live steps until the mean of the last 100 episodes
 * is 475, and the wall time. `test/vectors/rl-reference-curves.json` (`cartpole-steps-to-475`) holds the band: the median of
 * ten seeds lies between 180,000 and 330,000 steps. Rollouts here are whole episodes of 8 carts instead of 128 steps of 4.
 *
 * node bench/learning/cart-pole.ts [number of seeds, default 3]
 */
import { systemClock } from '../../core/clock.ts';
import { CartPole } from '../../envs/cart-pole.ts';
import { trainPpo } from '../../models/ppo.ts';

const carts = 8;
const window = Math.ceil(100 / carts);

for (let seed = 1; seed <= Number(process.argv[2] ?? 3); seed++) {
  const start = systemClock.now();
  const { history } = await trainPpo({
    env: new CartPole(carts),
    environment: 'CartPole-v1',
    config: { seed, totalSteps: 700_000, minibatchSize: 128 },
  });
  const seconds = (systemClock.now() - start) / 1000;
  let live = 0;
  let liveStepsTo475: number | null = null;
  for (const [i, row] of history.entries()) {
    live += Number(row['charts/live_steps']);
    if (recentReturn(i) >= 475) liveStepsTo475 ??= live;
  }
  const last = recentReturn(history.length - 1);
  console.log(JSON.stringify({ seed, liveSteps: live, liveStepsTo475, last100Return: last, seconds }));

  function recentReturn(end: number): number {
    const rows = history.slice(Math.max(0, end + 1 - window), end + 1);
    return rows.reduce((total, row) => total + Number(row['charts/episodic_return']), 0) / rows.length;
  }
}
