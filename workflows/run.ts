/** The whole life of one candidate up to its hallmark: captures in, signatures or a documented refusal out. */
import { setHandler } from '@temporalio/workflow';
import { type MarketDataInput, prepareMarketData } from './market-data.ts';
import { type Artifacts, type LifecycleStatus, type Outcome, type Stage, status } from './messages.ts';
import { Review } from './review.ts';
import { training, validation } from './stages.ts';
import { missingSignatures } from './waiting.ts';

export interface RunInput extends MarketDataInput {
  readonly seed: number;
  /** Environment steps; 0 leaves the policy untrained. @default what the protocol says */
  readonly steps?: number;
}

export interface RunResult {
  readonly outcome: Outcome;
  readonly artifacts: Artifacts;
}

export async function run(input: RunInput): Promise<RunResult> {
  let stage: Stage = 'request';
  let artifacts: Artifacts = {};
  let review: Review | undefined;
  let outcome: Outcome | undefined;
  const reached = (next: Stage, made: Artifacts) => {
    stage = next;
    artifacts = made;
  };
  setHandler(status, (): LifecycleStatus => {
    const approvals = review?.approvals ?? [];
    const waiting = stage === 'review' && { waitingFor: missingSignatures(approvals.length) };
    return { line: input.line, stage, artifacts, approvals, ...waiting, ...(outcome && { outcome }) };
  });

  const data = await prepareMarketData(input, reached);
  const { line, protocol, seed } = input;
  const { request, dataset, profile } = data;

  reached('train', data);
  const steps = input.steps === undefined ? {} : { steps: input.steps };
  const checkpointKey = `${request}-${seed}`;
  const { model } = await training().train({ line, profile, protocol, seed, ...steps, request, checkpointKey });

  reached('validate', { ...data, subject: model });
  const { report, verdict, reasons } = await validation().validate({ line, model, profile, dataset, protocol });

  if (verdict === 'refused') {
    outcome = { kind: 'refused', by: 'validation', reasons };
  } else {
    review = new Review({ line, subject: model, report });
    reached('review', { ...data, subject: model, report });
    outcome = await review.outcome();
  }
  reached('done', { ...data, subject: model, report });
  return { outcome, artifacts };
}
