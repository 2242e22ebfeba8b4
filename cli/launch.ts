/** Starting a workflow that begins with a signed request, and following it until people have to act. */
import type { Command } from 'commander';
import { sha256 } from '../core/digest.ts';
import type { LifecycleStatus } from '../workflows/messages.ts';
import type { OpenLineInput } from '../workflows/open-line.ts';
import type { RunInput } from '../workflows/run.ts';
import { type Answer, defaultKey } from './command.ts';
import { follow } from './follow.ts';
import { short } from './look.ts';
import { progressLine } from './progress.ts';
import { queueOf } from './queue.ts';
import { type Asked, type RequestOptions, signRequest } from './request.ts';
import { withTemporal } from './temporal-client.ts';

export interface LaunchOptions extends RequestOptions {
  readonly detach: boolean;
}

export function withLaunch(verb: Command, candidate: string): Command {
  return verb
    .option('--protocol <file>', 'what is fixed beforehand', 'protocol.json')
    .option('--candidate <name>', 'what to call the result', candidate)
    .option('--dataset <digest>', 'made of these captures before: do not curate again')
    .option('--profile <digest>', 'made of that dataset before: do not calibrate again')
    .option('--key <file>', 'your private key: you ask for it, so you cannot approve it', defaultKey())
    .option('--detach', 'start it and return', false);
}

export async function launch(asked: Asked, options: LaunchOptions): Promise<Answer> {
  const { line, action } = asked;
  const { envelope, seed, steps, ...rest } = await signRequest(asked, options);
  const data = { line, request: envelope, ...rest };
  const input: RunInput | OpenLineInput =
    action === 'open' ? data : { ...data, seed, ...(steps !== undefined && { steps }) };
  return startAndFollow({ run: `${action}:${line}:${short(sha256(envelope))}`, action, input }, options);
}

export interface Start {
  /** Workflow id; when a workflow of this id runs already, that one is followed. */
  readonly run: string;
  readonly action: 'run' | 'open';
  readonly input: RunInput | OpenLineInput;
}

export function startAndFollow(
  { run, action, input }: Start,
  { detach, trust }: Pick<LaunchOptions, 'detach' | 'trust'>,
): Promise<Answer> {
  const taskQueue = queueOf('governance', trust);
  return withTemporal(async (client) => {
    const handle = await client.workflow.start(action === 'open' ? 'openLine' : 'run', {
      workflowId: run,
      workflowIdConflictPolicy: 'USE_EXISTING',
      taskQueue,
      args: [input],
    });
    if (detach) return { text: `started ${run}`, value: { run } };
    const progress = progressLine(run);
    const state = await follow(handle, (stage, beat) => {
      progress.report(beat ? { ...beat, what: `${stage}, ${beat.what}` } : { what: stage, done: 0, total: 0 });
    });
    progress.done(state.stage === 'review' ? 'waits for signatures' : 'ended');
    return answer(run, state);
  });
}

function answer(run: string, state: LifecycleStatus): Answer {
  const { outcome, waitingFor, artifacts } = state;
  const made = Object.entries(artifacts).map(([what, digest]) => `${what.padEnd(8)}  ${digest}`);
  const waits = `waits for ${waitingFor}: npx assay approve ${short(artifacts.subject ?? '')}`;
  const exit = outcome === undefined || outcome.kind === 'approved' ? 0 : 1;
  return { text: [run, ...made, outcome ? ended(outcome) : waits].join('\n'), value: { run, ...state }, exit };
}

function ended(outcome: NonNullable<LifecycleStatus['outcome']>): string {
  switch (outcome.kind) {
    case 'approved':
      return `approved by ${outcome.signers.join(' and ')}`;
    case 'refused':
      return [`refused by ${outcome.by}`, ...outcome.reasons].join('\n  ');
    case 'withdrawn':
      return `withdrawn by ${outcome.by}`;
    case 'expired':
      return `an approval expired at ${outcome.notAfter} before the next one came`;
  }
}
