/** `assay cancel <run>`: ask a running workflow to stop; a checkpoint that was reached is kept. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { act, addVerb } from '../command.ts';
import { withTemporal } from '../temporal-client.ts';

export function addCancel(program: Command): void {
  const verb = addVerb(program, 'cancel <run>', 'stop a running workflow, by its id').option(
    '--wait',
    'return only when it has stopped',
    false,
  );
  act<{ wait: boolean }>(verb, async ([run = ''], options) => {
    const status = await withTemporal(async (client) => {
      const handle = client.workflow.getHandle(run);
      try {
        await handle.cancel();
        if (options.wait) await handle.result().catch(() => {});
        return (await handle.describe()).status.name;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError)
          throw new AssayError('ASSAY_NOT_FOUND', { what: `run ${run}` }, { cause: error });
        throw error;
      }
    });
    return { text: `cancel requested: ${run} (${status.toLowerCase()})`, value: { run, status } };
  });
}
