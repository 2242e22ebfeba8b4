/** Where the work of one house waits on a Temporal server that it may share with others. */
import { loadTrust, type Trust } from '../registry/trust.ts';
import { type QueueName, taskQueue } from '../workflows/queues.ts';

/** The name of a house on a server: the key id of its log. */
export function houseOf({ log }: Pick<Trust, 'log'>): string {
  return log.id.toString('hex');
}

/** Task queue of the house that a trust file describes. @throws ASSAY_TRUST_MISSING, ASSAY_TRUST_INVALID */
export function queueOf(queue: QueueName, trustFile: string): string {
  return taskQueue(queue, houseOf(loadTrust(trustFile)));
}
