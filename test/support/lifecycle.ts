/**
 * Workflows against a real server, with the real governance stages over a real registry. The stages before the review are
 * scripted here: these tests are about what the workflow does with their answers, the stages have tests of their own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { createGovernanceActivities } from '../../activities/governance.ts';
import { asActivities } from '../../activities/temporal.ts';
import type { CurationStages, ExecutionStages, TrainingStages, ValidationStages } from '../../activities/types.ts';
import { queueOf } from '../../cli/queue.ts';
import { systemClock } from '../../core/clock.ts';
import { AssayError } from '../../core/errors.ts';
import type { RunInput } from '../../workflows/run.ts';
import type { Candidate, House } from './house.ts';
import { logger, quietRuntime } from './quiet.ts';

export interface Script {
  /** What the training makes. */
  candidate: Candidate;
  verdict: 'passed' | 'refused';
  /** Steps of 100 ms that training takes; it listens for a cancel between them. */
  trainingSteps: number;
}

export interface Lifecycle {
  readonly client: Client;
  /** Changed by a test before it starts a workflow. */
  readonly script: Script;
  /** Stages that were asked, in order. */
  readonly asked: string[];
  runInput(): RunInput;
  close(): Promise<void>;
}

export async function startLifecycle(address: string, house: House): Promise<Lifecycle> {
  quietRuntime();
  const script: Script = { candidate: house.candidate(), verdict: 'passed', trainingSteps: 0 };
  const asked: string[] = [];
  const scripted = scriptedStages(script, asked);
  const { registry, trust, log } = house;
  const governance = createGovernanceActivities({ registry, trust, log, clock: systemClock });
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const native = await NativeConnection.connect({ address });
  const common = {
    connection: native,
    identity: 'test-worker',
    maxHeartbeatThrottleInterval: '200ms',
    defaultHeartbeatThrottleInterval: '200ms',
  };
  const taskQueue = queueOf('governance', house.trustFile);
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue, workflowBundle, activities: asActivities(governance) }),
    ...(['curation', 'training', 'validation', 'execution'] as const).map((queue) =>
      Worker.create({ ...common, taskQueue: queueOf(queue, house.trustFile), activities: asActivities(scripted) }),
    ),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection, identity: 'test-client' }),
    script,
    asked,
    runInput: () => ({
      ...{ line: script.candidate.line, request: script.candidate.requestEnvelope, captures: ['a.gz', 'b.gz'] },
      ...{ protocol: script.candidate.request, seed: 1 },
    }),
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await native.close();
    },
  };
}

function scriptedStages(
  script: Script,
  asked: string[],
): CurationStages & TrainingStages & ValidationStages & ExecutionStages {
  const statement = '0'.repeat(64);
  return {
    async curate() {
      asked.push('curate');
      return { dataset: script.candidate.dataset, statement };
    },
    async calibrate() {
      asked.push('calibrate');
      return { profile: script.candidate.profile, statement };
    },
    async tune() {
      asked.push('tune');
      return { schedule: script.candidate.subject, report: script.candidate.report, statement };
    },
    async train(_input, { signal, progress }) {
      asked.push('train');
      for (let done = 0; done < script.trainingSteps; done++) {
        progress({ what: 'steps', done, total: script.trainingSteps });
        await sleep(100);
        if (signal.aborted) {
          asked.push('train cancelled');
          throw new AssayError('ASSAY_CANCELLED', { what: 'train' });
        }
      }
      return { model: script.candidate.subject, statement };
    },
    async validate() {
      asked.push('validate');
      const { verdict } = script;
      return {
        report: script.candidate.report,
        statement,
        verdict,
        reasons: verdict === 'passed' ? [] : ['superiority'],
      };
    },
    async execute() {
      asked.push('execute');
      const { subject, report } = script.candidate;
      return { journal: report, report, statement, execution: statement, ran: subject };
    },
  };
}
