/** Task queues: each can be a process, a machine and an identity of its own. Workflows themselves run on `governance`. */
export type QueueName = 'curation' | 'training' | 'validation' | 'governance' | 'execution';

/** Name on the server. @param log key id of the registry's log: houses that share a server never take each other's work */
export function taskQueue(queue: QueueName, log: string): string {
  return `assay-${queue}-${log}`;
}

/** The task queue of the same house, seen from its `governance`. */
export function neighbour(governance: string, queue: QueueName): string {
  return governance.replace('governance', queue);
}
