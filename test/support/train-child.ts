/** A training run in a process of its own, to be killed: `train-child.ts <checkpoint directory>`; prints a line an update. */
import '../../core/one-compiler.ts';
import { trainPpo } from '../../models/ppo.ts';
import { corridorRun } from './corridor-run.ts';

const directory = process.argv[2];
if (directory === undefined) throw new Error('name a checkpoint directory');
const { thetaDigest, history } = await trainPpo({
  ...corridorRun(),
  checkpoint: { directory, everyUpdates: 1 },
  onProgress: ({ update }) => process.stdout.write(`update ${update}\n`),
});
process.stdout.write(`done ${thetaDigest} ${JSON.stringify(history.at(-1))}\n`);
