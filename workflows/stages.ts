/** The stages as a workflow calls them: which queue, how long, how often again. A queue may be its own machine and identity. */
import { ActivityCancellationType, type ActivityOptions, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type {
  AsActivities,
  CurationStages,
  ExecutionStages,
  GovernanceStages,
  TrainingStages,
  ValidationStages,
} from '../activities/types.ts';
import { errorTable } from '../core/error-table.ts';
import { neighbour, type QueueName } from './queues.ts';

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

/** Options for a queue of the house whose workflow asks. */
function at(queue: QueueName, options: ActivityOptions): ActivityOptions {
  return { ...options, taskQueue: neighbour(workflowInfo().taskQueue, queue) };
}

export const curation = () =>
  proxyActivities<AsActivities<CurationStages>>(at('curation', { ...long, startToCloseTimeout: '6 hours' }));

export const training = () =>
  proxyActivities<AsActivities<TrainingStages>>(at('training', { ...long, startToCloseTimeout: '7 days' }));

export const validation = () =>
  proxyActivities<AsActivities<ValidationStages>>(at('validation', { ...long, startToCloseTimeout: '2 days' }));

export const execution = () =>
  proxyActivities<AsActivities<ExecutionStages>>(at('execution', { ...long, startToCloseTimeout: '1 day' }));

/** Short, and safe to repeat: recording the same envelope twice finds the first entry. */
export const governance = () =>
  proxyActivities<AsActivities<GovernanceStages>>(at('governance', { retry, startToCloseTimeout: '1 minute' }));
