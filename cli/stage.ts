/** Runs one stage as the child of a worker: builds the stages of its queue here, under the same identity. */
import { answerParent } from '../activities/in-child.ts';
import { AssayError } from '../core/errors.ts';
import type { QueueName } from '../workflows/queues.ts';
import { buildStages, type StageConfig } from './stages.ts';

answerParent(async ({ stage, input, config }, context) => {
  const { queue, ...rest } = config as StageConfig & { queue: QueueName };
  const perform = (await buildStages(queue, rest))[stage];
  if (!perform) throw new AssayError('ASSAY_INTERNAL', { reason: `queue ${queue} has no stage ${stage}` });
  return perform(input as never, context);
});
