/** `assay line open <line> <schedule>`: put a tuned schedule up for the two signatures that make it the line's fallback. */
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import type { OpenLineInput } from '../../workflows/open-line.ts';
import { queues } from '../../workflows/queues.ts';
import { act, addVerb } from '../command.ts';
import { look, resolveDigest, short } from '../look.ts';
import { withTemporal } from '../temporal-client.ts';

export function addLineOpen(program: Command): void {
  const verb = addVerb(
    program,
    'line open <line> <schedule>',
    "ask for the signatures under a line's fallback",
  ).requiredOption('--report <digest>', 'the tuning report that shows how the schedule was chosen');
  act<{ report: string }>(verb, async ([line = '', text = ''], options) => {
    const registry = look(options);
    const schedule = resolveDigest(text, registry.entries);
    const version = registry.line(line).versions.find(({ model }) => model === schedule);
    if (version?.kind !== 'fallback')
      throw new AssayError('ASSAY_NOT_FOUND', { what: `a schedule ${text} made for ${line}` });
    const report = resolveDigest(options.report, registry.entries);
    const input: OpenLineInput = { line, schedule, report };
    const run = `open:${line}:${short(schedule)}`;
    await withTemporal((client) =>
      client.workflow.start('openLine', { workflowId: run, taskQueue: queues.governance, args: [input] }),
    );
    return { text: `${run}\nwaits for 2 signatures: npx assay approve ${short(schedule)}`, value: { run, ...input } };
  });
}
