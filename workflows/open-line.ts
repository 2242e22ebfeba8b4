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
  /** Digest of the tuning report that shows how it was chosen. */
  readonly report: string;
}

export async function openLine({ line, schedule, report }: OpenLineInput): Promise<RunResult> {
  const artifacts = { subject: schedule, report };
  const review = new Review({ line, subject: schedule, report });
  setHandler(status, (): LifecycleStatus => {
    const { approvals, settled } = review;
    if (settled) return { line, artifacts, approvals, stage: 'done', outcome: settled };
    return { line, artifacts, approvals, stage: 'review', waitingFor: missingSignatures(approvals.length) };
  });
  return { outcome: await review.outcome(), artifacts };
}
