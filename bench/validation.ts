/** Episodes of the comparison, one policy's each, on one thread and on all cores: a network alone, and the tuning of schedules. */
import { availableParallelism } from 'node:os';
import type { Contender } from '../validation/contender.ts';
import { TrialPool } from '../validation/parallel.ts';
import { settingsOf } from '../validation/protocol.ts';
import { calibratedMarket } from './market.ts';
import { alone, type Bench, type Measurement, type Setting, timed } from './measurement.ts';
import { untrainedPolicy } from './policy.ts';

export const benches: readonly Bench[] = [{ name: 'validation', run: validation }];

async function validation(setting: Setting): Promise<Measurement[]> {
  const { profile, protocol } = await calibratedMarket(setting.scratch);
  const { task, training, baselines } = protocol.protocol;
  const network: Contender = { type: 'policy', name: 'untrained', bytes: untrainedPolicy(training.hidden) };
  const schedules = baselines
    .flatMap((grid) => settingsOf(grid, profile.volumeCurve))
    .map((spec): Contender => ({ type: 'schedule', spec }));
  const found: Measurement[] = [];
  for (const workers of new Set([1, availableParallelism()])) {
    const pool = new TrialPool({ profile, task, workers });
    const run = async (metric: string, contenders: readonly Contender[], episodes: number) => {
      const trials = contenders.map((contender) => ({ contender, seed: 1, stream: 'bench', episodes }));
      // The first run of a thread loads and compiles.
      await pool.run(trials.map((trial) => ({ ...trial, episodes: 16 * workers })));
      const { seconds } = await timed(() => pool.run(trials));
      found.push(
        alone({
          bench: 'validation',
          metric: `${metric}, ${workers} thread${workers === 1 ? '' : 's'}`,
          unit: '1/s',
          value: (trials.length * episodes) / seconds,
        }),
      );
    };
    try {
      await run('episodes of a network', [network], setting.quick ? 32 : 4096);
      await run(`episodes of ${schedules.length} schedules`, schedules, setting.quick ? 4 : 512);
    } finally {
      await pool.close();
    }
  }
  return found;
}
