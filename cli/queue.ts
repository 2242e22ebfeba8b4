/** Where the work of one house waits on a Temporal server that it may share with others. */
import { loadTrust } from '../registry/trust.ts';
import { type QueueName, taskQueue } from '../workflows/queues.ts';

/** Name on a server of the house that a trust file describes: the key id of its log. @throws ASSAY_TRUST_MISSING, ASSAY_TRUST_INVALID */
export function houseOf(trustFile: string): string {
  return loadTrust(trustFile).log.id.toString('hex');
}

/** @throws ASSAY_TRUST_MISSING, ASSAY_TRUST_INVALID */
export function queueOf(queue: QueueName, trustFile: string): string {
  return taskQueue(queue, houseOf(trustFile));
}
