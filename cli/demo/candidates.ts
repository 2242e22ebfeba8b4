/** Three candidates of one quant, told apart by nothing but their steps; each is validated by a machine that trained none. */
import type { WorkflowHandle } from '@temporalio/client';
import { candidateFacts } from './facts.ts';
import { followOn, launch } from './review.ts';
import { mustHold, readRegistry, type Scene } from './scene.ts';
import type { CandidateFacts, DataFacts, Refused } from './summary.ts';
import { stageTimes } from './timing.ts';
import { candidateText, count, refusingGates, verdictText } from './words.ts';

export interface Candidate extends CandidateFacts {
  readonly handle: WorkflowHandle;
}

interface Asked {
  readonly name: string;
  readonly steps: number;
}

export interface Launched extends Asked {
  readonly handle: WorkflowHandle;
}

/** In the order in which they are trained, one at a time: the first two are validated while the third still is. */
export async function launchCandidates(scene: Scene, data: DataFacts): Promise<Launched[]> {
  const { totalSteps } = scene.protocol.protocol.training;
  const tenth = Math.floor(totalSteps / 10);
  scene.board.heading(`2  Three candidates: untrained, ${count(tenth)} steps, ${count(totalSteps)} steps`);
  const launched: Launched[] = [];
  for (const [name, steps] of Object.entries({ 'ppo-untrained': 0, 'ppo-tenth': tenth, ppo: totalSteps }))
    launched.push({ name, steps, handle: await launch(scene, runArguments(scene, data, { name, steps })) });
  return launched;
}

export async function followCandidates(scene: Scene, launched: readonly Launched[]): Promise<Candidate[]> {
  const { board, notes } = scene;
  const ended = launched.map(async ({ name, handle }, i) => {
    const stages = ['train', 'validate'];
    const step = board.step(name, i === launched.length - 1 ? { stages, quarters: ['train'] } : { stages });
    const { artifacts } = await followOn(handle, step);
    const facts = candidateFacts(readRegistry(scene), artifacts.report ?? '');
    step.done(verdictText(facts));
    return { ...facts, handle };
  });
  const candidates = await Promise.all(ended);
  board.heading('3  What validation found, on seeds that neither tuning nor training has seen');
  for (const candidate of candidates) for (const line of candidateText(candidate)) board.say(line);
  for (const { name, handle } of candidates)
    notes.timings.push(
      ...(await stageTimes(handle, (stage) =>
        stage === 'train' || stage === 'validate' ? `${stage} ${name}` : undefined,
      )),
    );
  const [untrained] = candidates;
  mustHold(untrained.verdict === 'refused', `validation passed ${untrained.name}, which never learned anything`);
  for (const candidate of candidates) if (candidate.verdict === 'refused') notes.refused.push(refusalOf(candidate));
  return candidates;
}

function refusalOf(candidate: CandidateFacts): Refused {
  const what = `${candidate.name}, ${count(candidate.trainedSteps)} steps`;
  return { who: 'validation', what, code: 'ASSAY_REFUSED', message: refusingGates(candidate) };
}

function runArguments({ captures, protocol, protocolFile, seed }: Scene, data: DataFacts, { name, steps }: Asked) {
  const made = ['--dataset', data.dataset, '--profile', data.profile];
  const settings = ['--protocol', protocolFile, '--candidate', name, '--seed', String(seed), '--steps', String(steps)];
  return ['run', protocol.protocol.line, ...captures, ...settings, ...made];
}
