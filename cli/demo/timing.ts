/** How long the stages of a workflow took, from its history: from the start of the attempt that succeeded to its end. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Timing } from './summary.ts';

/** @param name of a stage as it is to be shown; undefined leaves it out */
export async function stageTimes(
  handle: WorkflowHandle,
  name: (stage: string) => string | undefined,
): Promise<Timing[]> {
  const { events = [] } = await handle.fetchHistory();
  const stageOf = new Map<string, string>();
  const startOf = new Map<string, number>();
  const found: Timing[] = [];
  for (const event of events ?? []) {
    const at = Number(event.eventTime?.seconds ?? 0) + (event.eventTime?.nanos ?? 0) / 1e9;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) stageOf.set(String(event.eventId), scheduled.activityType?.name ?? '');
    if (event.activityTaskStartedEventAttributes) startOf.set(String(event.eventId), at);
    const completed = event.activityTaskCompletedEventAttributes;
    if (!completed) continue;
    const what = name(stageOf.get(String(completed.scheduledEventId)) ?? '');
    const start = startOf.get(String(completed.startedEventId));
    if (what !== undefined && start !== undefined) found.push({ what, seconds: at - start });
  }
  return found;
}
