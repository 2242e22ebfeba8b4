/** Watches a workflow from outside: its stage by query, how far that is by the heartbeats of its pending activity. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { StageProgress } from '../activities/types.ts';
import { type LifecycleStatus, type Stage, status } from '../workflows/messages.ts';

const everyMs = 500;

/** Told again and again where it is; `beat` is absent while the stage waits for its turn or has not said anything yet. */
export type Tell = (stage: Stage, beat?: StageProgress) => void;

/** Until people have to act or the workflow has ended; a failed workflow throws what it failed with. */
export async function follow(handle: WorkflowHandle, tell: Tell): Promise<LifecycleStatus> {
  for (;;) {
    const description = await handle.describe();
    if (description.status.name !== 'RUNNING') {
      await handle.result();
      return handle.query(status);
    }
    const state = await handle.query(status);
    if (state.stage === 'review' || state.stage === 'done') return state;
    tell(state.stage, beatOf(description));
    await sleep(everyMs);
  }
}

/** How far the activity is that a workflow waits for. */
export function beatOf({ raw }: WorkflowExecutionDescription): StageProgress | undefined {
  const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
  return details ? (defaultPayloadConverter.fromPayload<StageProgress | null>(details) ?? undefined) : undefined;
}
