/** Watches a workflow from outside: its stage by query, how far that is by the heartbeats of its pending activity. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { StageProgress } from '../activities/types.ts';
import { type LifecycleStatus, status } from '../workflows/messages.ts';
import type { Progress } from './progress.ts';

const everyMs = 500;

/** Until people have to act or the workflow has ended; a failed workflow throws what it failed with. */
export async function follow(handle: WorkflowHandle, progress: Progress): Promise<LifecycleStatus> {
  for (;;) {
    const { status: execution, raw } = await handle.describe();
    if (execution.name !== 'RUNNING') {
      await handle.result();
      return handle.query(status);
    }
    const state = await handle.query(status);
    if (state.stage === 'review' || state.stage === 'done') return state;
    const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
    const beat = details ? defaultPayloadConverter.fromPayload<StageProgress | null>(details) : null;
    progress.report(
      beat ? { ...beat, what: `${state.stage}, ${beat.what}` } : { what: state.stage, done: 0, total: 0 },
    );
    await sleep(everyMs);
  }
}
