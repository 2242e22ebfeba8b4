/** `assay run <line> <captures...>`: the workflow from curation to the wait for signatures. */
import type { Command } from 'commander';
import { sha256 } from '../../core/digest.ts';
import type { LifecycleStatus } from '../../workflows/messages.ts';
import { queues } from '../../workflows/queues.ts';
import type { RunInput } from '../../workflows/run.ts';
import { type Answer, act, addVerb, defaultKey } from '../command.ts';
import { follow } from '../follow.ts';
import { short } from '../look.ts';
import { progressLine } from '../progress.ts';
import { type RequestOptions, signRequest } from '../request.ts';
import { withTemporal } from '../temporal-client.ts';

interface Options extends RequestOptions {
  readonly detach: boolean;
}

export function addRun(program: Command): void {
  const verb = addVerb(
    program,
    'run <line> <captures...>',
    'curate, calibrate, train, validate, and wait for signatures',
  )
    .option('--protocol <file>', 'what is fixed before the training', 'protocol.json')
    .option('--seed <number>', 'of the training', '1')
    .option('--steps <number>', 'environment steps; default: as the protocol says')
    .option('--candidate <name>', 'what to call the result', 'ppo')
    .option('--key <file>', 'your private key: you launch it, so you cannot approve it', defaultKey())
    .option('--detach', 'start it and return', false);
  act<Options>(verb, async ([line = '', ...files], options) => {
    const { envelope, ...request } = await signRequest(line, files, options);
    const input: RunInput = { line, request: envelope, ...request };
    const run = `run:${line}:${short(sha256(envelope))}`;
    return withTemporal(async (client) => {
      const handle = await client.workflow.start('run', {
        workflowId: run,
        taskQueue: queues.governance,
        args: [input],
      });
      if (options.detach) return { text: `started ${run}`, value: { run } };
      const progress = progressLine(run);
      const state = await follow(handle, progress);
      progress.done(state.stage === 'review' ? 'validated' : 'ended');
      return answer(run, state);
    });
  });
}

function answer(run: string, state: LifecycleStatus): Answer {
  const { outcome, waitingFor, artifacts } = state;
  const subject = artifacts.subject ?? '';
  const made = Object.entries(artifacts).map(([what, digest]) => `${what.padEnd(8)}  ${digest}`);
  const end =
    outcome?.kind === 'refused'
      ? `refused by ${outcome.by}${outcome.reasons.length > 0 ? `: ${outcome.reasons.join(', ')}` : ''}`
      : outcome
        ? outcome.kind
        : `waits for ${waitingFor}: npx assay approve ${short(subject)}`;
  const exit = outcome === undefined || outcome.kind === 'approved' ? 0 : 1;
  return { text: [run, ...made, end].join('\n'), value: { run, ...state }, exit };
}
