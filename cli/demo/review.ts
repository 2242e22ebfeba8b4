/** A workflow that a person's command starts: followed until people have to act, then signed by those who may. */
import type { WorkflowHandle } from '@temporalio/client';
import type { RecordedApproval } from '../../activities/types.ts';
import type { LifecycleStatus } from '../../workflows/messages.ts';
import type { RunResult } from '../../workflows/run.ts';
import { follow } from '../follow.ts';
import { short } from '../look.ts';
import type { Step } from './board.ts';
import { mustBeRefused, type Scene } from './scene.ts';
import type { VersionFacts } from './summary.ts';

/** The quant's command; the workflow goes on when it returns. */
export async function launch({ people, client, notes }: Scene, args: readonly string[]): Promise<WorkflowHandle> {
  const { run } = await people.ask<{ run: string }>('demo-quant', [...args, '--detach']);
  const handle = client.workflow.getHandle(run);
  notes.started.push(handle);
  return handle;
}

export function followOn(handle: WorkflowHandle, step: Step): Promise<LifecycleStatus> {
  return follow(handle, (stage, beat) => step.tell(stage, beat));
}

export interface UnderReview {
  /** The workflow that waits for signatures. */
  readonly handle: WorkflowHandle;
  /** Digest of what is to be signed. */
  readonly subject: string;
  readonly name: string;
}

/** The quant tries to approve what he asked for himself, and must not be able to. */
export async function approveOwn(scene: Scene, { subject }: UnderReview): Promise<void> {
  const refusal = await scene.people.tryTo('demo-quant', ['approve', subject]);
  mustBeRefused(scene, 'ASSAY_PERSON_IN_LINEAGE', {
    who: 'demo-quant',
    what: `approving ${short(subject)}, which he asked for himself`,
    refusal,
  });
}

/** Two validators sign. @returns the version, with its signers as the workflow counts them */
export async function approveByTwo({ people, board }: Scene, review: UnderReview): Promise<VersionFacts> {
  const { handle, subject, name } = review;
  for (const who of ['demo-validator-1', 'demo-validator-2'] as const) {
    const { approvals, approved } = await people.ask<RecordedApproval>(who, ['approve', subject]);
    board.say(approved ? 'it is approved' : `${approvals} of 2 signatures are in the log`);
  }
  const { outcome } = (await handle.result()) as RunResult;
  return { digest: subject, name, signers: outcome.kind === 'approved' ? outcome.signers : [] };
}
