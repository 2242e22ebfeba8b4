/** A thread of parallel.ts: answers one part of a trial after another. */
import { parentPort, workerData } from 'node:worker_threads';
import type { TaskSpec } from '../envs/execution-market.ts';
import type { MarketProfile } from '../market/profile.ts';
import { failureOf } from './parallel.ts';
import { Bench, type Part } from './trial.ts';

const { profile, task } = workerData as { profile: MarketProfile; task: TaskSpec };
const bench = new Bench(profile, task);

parentPort?.on('message', (part: Part) => {
  bench.run(part).then(
    (results) => parentPort?.postMessage({ results }),
    (error: unknown) => parentPort?.postMessage(failureOf(error)),
  );
});
