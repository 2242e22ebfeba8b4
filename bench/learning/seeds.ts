/**
 * What training is worth beyond one lucky seed: trains and validates the line's candidate for each seed asked for, as the
 * protocol has it. `npx node bench/learning/seeds.ts [--from 1] [--to 10] [--work folder]`; prints the profile's fidelity, then a row a
 * seed: verdict, difference to every baseline and the rule with its one-sided bound, tail, stress, replay.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { policyFile, trainingRun } from '../../activities/train.ts';
import { digestJson, sha256 } from '../../core/digest.ts';
import { trainPpo } from '../../models/ppo.ts';
import { validateCandidate } from '../../validation/validate.ts';
import { calibratedMarket } from '../market.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    to: { type: 'string', default: '10' },
    steps: { type: 'string' },
    work: { type: 'string' },
  },
});
const work = values.work ?? mkdtempSync(join(tmpdir(), 'assay-seeds-'));
const { profile, protocol, bookTape, segments } = await calibratedMarket(work);
const digests = { profile: digestJson(profile), protocol: protocol.digest };

for (let seed = Number(values.from); seed <= Number(values.to); seed++) {
  const started = performance.now();
  const run = trainingRun(profile, protocol.protocol, { seed, ...(values.steps && { steps: Number(values.steps) }) });
  const result = await trainPpo({ ...run, environment: digestJson(digests) });
  const { steps } = result;
  const trained = performance.now();
  const bytes = policyFile(result, digests);
  const report = await validateCandidate({
    candidate: { name: `seed ${seed}`, kind: 'policy', bytes, digest: sha256(bytes), trainedSteps: steps },
    lineage: { request: null, dataset: digests.profile, profile: digests.profile, training: null },
    profile,
    protocol,
    bookTape,
    segment: segments.validation,
    workers: 1,
    cache: join(work, 'trials'),
  });
  if (seed === Number(values.from)) {
    for (const { name, capture, simulated, inside } of report.fidelity)
      console.log(`${name}  ${capture.low}..${capture.high}  ${simulated.value}  ${inside ? 'inside' : 'OUTSIDE'}`);
    for (const { name, meanBps, cvar95Bps, bestSettings } of report.baselines)
      console.log(`${name}  ${meanBps.toFixed(3)}  cvar ${cvar95Bps.toFixed(2)}  ${JSON.stringify(bestSettings)}`);
  }
  const [first] = report.policies;
  const seconds = [trained - started, performance.now() - trained].map((ms) => (ms / 1000).toFixed(0));
  console.log(
    `seed ${seed}: ${report.verdict}, mean ${first?.meanBps.toFixed(3)}, ${steps} steps, train ${seconds[0]} s, validate ${seconds[1]} s`,
  );
  for (const gate of report.gates)
    console.log(
      `  ${gate.passed ? 'pass  ' : 'REFUSE'} ${gate.name}, ${gate.against}, ${gate.scenario}: ${gate.verdict}; smallest difference seen ${gate.minimalDetectableEffectBps?.toFixed(3) ?? 'none'}`,
    );
}
