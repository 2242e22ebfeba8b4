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
  /** Shares of the protocol's steps. */
  readonly steps: number;
}

/** In the order in which they are trained; the first two are validated while the third still is. */
export async function playCandidates(scene: Scene, data: DataFacts): Promise<Candidate[]> {
  const { board, notes } = scene;
  const { totalSteps } = scene.protocol.protocol.training;
  const tenth = Math.floor(totalSteps / 10);
  const asked: readonly Asked[] = [
    { name: 'ppo-untrained', steps: 0 },
    { name: 'ppo-tenth', steps: tenth },
    { name: 'ppo', steps: totalSteps },
  ];
  board.heading(
    `2  Three candidates: untrained, ${count(tenth)} steps, ${count(totalSteps)} steps; one is trained at a time`,
  );
  const handles: WorkflowHandle[] = [];
  for (const candidate of asked) handles.push(await launch(scene, runArguments(scene, data, candidate)));
  const ended = asked.map(async ({ name, steps }, i) => {
    const step = board.step(name, {
      stages: ['train', 'validate'],
      ...(steps === totalSteps && { quarters: ['train'] }),
    });
    const { artifacts } = await followOn(handles[i], step);
    const facts = candidateFacts(readRegistry(scene), artifacts.report ?? '');
    step.done(verdictText(facts));
    return { ...facts, handle: handles[i] };
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
