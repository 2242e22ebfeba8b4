/** The stages as a workflow calls them: which queue, how long, how often again. A queue may be its own machine and identity. */
import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type {
  AsActivities,
  CurationStages,
  ExecutionStages,
  GovernanceStages,
  TrainingStages,
  ValidationStages,
} from '../activities/types.ts';
import { errorTable } from '../core/error-table.ts';
import { queues } from './queues.ts';

const nonRetryableErrorTypes = Object.entries(errorTable)
  .filter(([, row]) => !row.retryable)
  .map(([code]) => code);

/** Tried again after a lost worker or a failing machine: ten attempts span about a minute and a half of waiting. */
const retry = {
  initialInterval: '500ms',
  backoffCoefficient: 2,
  maximumInterval: '15s',
  maximumAttempts: 10,
  nonRetryableErrorTypes,
} as const;

/** Long work heartbeats: a killed worker is noticed within seconds, and a cancel arrives. */
const long = {
  retry,
  heartbeatTimeout: '15s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const satisfies ActivityOptions;

export const curation = proxyActivities<AsActivities<CurationStages>>({
  ...long,
  taskQueue: queues.curation,
  startToCloseTimeout: '6 hours',
});

export const training = proxyActivities<AsActivities<TrainingStages>>({
  ...long,
  taskQueue: queues.training,
  startToCloseTimeout: '7 days',
});

export const validation = proxyActivities<AsActivities<ValidationStages>>({
  ...long,
  taskQueue: queues.validation,
  startToCloseTimeout: '2 days',
});

export const execution = proxyActivities<AsActivities<ExecutionStages>>({
  ...long,
  taskQueue: queues.execution,
  startToCloseTimeout: '1 day',
});

/** Short, and safe to repeat: recording the same envelope twice finds the first entry. */
export const governance = proxyActivities<AsActivities<GovernanceStages>>({
  retry,
  taskQueue: queues.governance,
  startToCloseTimeout: '1 minute',
});
