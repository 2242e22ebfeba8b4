/** The whole life of one candidate up to its hallmark: captures in, signatures or a documented refusal out. */
import { setHandler } from '@temporalio/workflow';
import type { Artifacts, LifecycleStatus, Outcome, Stage } from './messages.ts';
import { status } from './messages.ts';
import { Review } from './review.ts';
import { curation, governance, training, validation } from './stages.ts';
import { missingSignatures } from './waiting.ts';

export interface RunInput {
  readonly line: string;
  /** The request as one DSSE envelope in JSON text, signed by the person who launches the run. */
  readonly request: string;
  /** Capture files in the order of the stream, by path or digest. */
  readonly captures: readonly string[];
  readonly protocol: string;
  readonly seed: number;
  /** Environment steps. @default what the protocol says */
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
  setHandler(status, (): LifecycleStatus => {
    const approvals = review?.approvals ?? [];
    const waiting = stage === 'review' && { waitingFor: missingSignatures(approvals.length) };
    return { line: input.line, stage, artifacts, approvals, ...waiting, ...(outcome && { outcome }) };
  });

  const { line, protocol, seed } = input;
  const { entry: request } = await governance.recordRequest({ envelope: input.request, line });
  artifacts = { request };

  stage = 'curate';
  const { dataset } = await curation.curate({ captures: input.captures, request });
  artifacts = { request, dataset };

  stage = 'calibrate';
  const { profile } = await curation.calibrate({ dataset, protocol, request });
  artifacts = { request, dataset, profile };

  stage = 'train';
  const steps = input.steps === undefined ? {} : { steps: input.steps };
  const { model } = await training.train({
    profile,
    protocol,
    seed,
    ...steps,
    request,
    checkpointKey: `${request}-${seed}`,
  });
  artifacts = { request, dataset, profile, subject: model };

  stage = 'validate';
  const { report, verdict, reasons } = await validation.validate({ line, model, profile, dataset, protocol });
  artifacts = { ...artifacts, report };

  if (verdict === 'refused') {
    outcome = { kind: 'refused', by: 'validation', reasons };
  } else {
    review = new Review({ line, subject: model, report });
    stage = 'review';
    outcome = await review.outcome();
  }
  stage = 'done';
  return { outcome, artifacts };
}
