/**
 * A line opens by approving its fallback: the best baseline at its tuned settings, the same two signatures, no comparison
 * gate. The schedule is tuned here, or one that was tuned and stated before is put up.
 */
import { setHandler } from '@temporalio/workflow';
import { type MarketDataInput, prepareMarketData } from './market-data.ts';
import { type Artifacts, type LifecycleStatus, type Stage, status } from './messages.ts';
import { Review } from './review.ts';
import type { RunResult } from './run.ts';
import { training } from './stages.ts';
import { missingSignatures } from './waiting.ts';

export interface TunedSchedule {
  readonly line: string;
  /** Digest of the schedule's canonical JSON. */
  readonly schedule: string;
  /** Digest of the tuning report that shows how it was chosen. */
  readonly report: string;
}

export type OpenLineInput = TunedSchedule | MarketDataInput;

export async function openLine(input: OpenLineInput): Promise<RunResult> {
  const { line } = input;
  let stage: Stage = 'request';
  let artifacts: Artifacts = {};
  let review = undefined as Review | undefined;
  const reached = (next: Stage, made: Artifacts) => {
    stage = next;
    artifacts = made;
  };
  setHandler(status, (): LifecycleStatus => {
    const approvals = review?.approvals ?? [];
    if (review?.settled) return { line, artifacts, approvals, stage: 'done', outcome: review.settled };
    const waiting = stage === 'review' && { waitingFor: missingSignatures(approvals.length) };
    return { line, artifacts, approvals, stage, ...waiting };
  });

  const { schedule, report } = 'schedule' in input ? input : await tuned(input, reached);
  review = new Review({ line, subject: schedule, report });
  reached('review', { ...artifacts, subject: schedule, report });
  return { outcome: await review.outcome(), artifacts };
}

async function tuned(input: MarketDataInput, reached: (stage: Stage, made: Artifacts) => void): Promise<TunedSchedule> {
  const data = await prepareMarketData(input, reached);
  reached('tune', data);
  const { line, protocol } = input;
  const { request, profile } = data;
  return { line, ...(await training().tune({ line, profile, protocol, request })) };
}
