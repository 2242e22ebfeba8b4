/** A line opens by approving its fallback: a schedule, the same two signatures, no comparison gate. */
import { setHandler } from '@temporalio/workflow';
import type { LifecycleStatus } from './messages.ts';
import { status } from './messages.ts';
import { Review } from './review.ts';
import type { RunResult } from './run.ts';
import { missingSignatures } from './waiting.ts';

export interface OpenLineInput {
  readonly line: string;
  /** Digest of the schedule's canonical JSON. */
  readonly schedule: string;
}

export async function openLine({ line, schedule }: OpenLineInput): Promise<RunResult> {
  const artifacts = { subject: schedule };
  const review = new Review({ line, subject: schedule, report: undefined });
  setHandler(status, (): LifecycleStatus => {
    const { approvals, settled } = review;
    if (settled) return { line, artifacts, approvals, stage: 'done', outcome: settled };
    return { line, artifacts, approvals, stage: 'review', waitingFor: missingSignatures(approvals.length) };
  });
  return { outcome: await review.outcome(), artifacts };
}
