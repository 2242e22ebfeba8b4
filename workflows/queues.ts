/** Task queues: each can be a process, a machine and an identity of its own. Workflows themselves run on `governance`. */
export const queues = {
  curation: 'assay-curation',
  training: 'assay-training',
  validation: 'assay-validation',
  governance: 'assay-governance',
  execution: 'assay-execution',
} as const;

export type QueueName = keyof typeof queues;
