/**
 * A worker process: polls one or more task queues under one machine identity. SIGTERM lets what runs finish or reach its
 * checkpoint; SIGKILL loses nothing but time. `node cli/worker.ts --queues governance --registry … --trust … --key …`
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type LogLevel, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import { asActivities, asChildActivities } from '../activities/temporal.ts';
import { AssayError } from '../core/errors.ts';
import type { QueueName } from '../workflows/queues.ts';
import { showError } from './command.ts';
import { queueOf } from './queue.ts';
import { buildStages, computing, queueNames, type Stage, type StageConfig } from './stages.ts';

const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
const stageScript = fileURLToPath(new URL('./stage.ts', import.meta.url));

interface Settings extends StageConfig {
  readonly address: string;
  readonly namespace: string;
  readonly queues: readonly QueueName[];
}

async function main(settings: Settings): Promise<void> {
  const { address, namespace } = settings;
  logToStderr();
  const connection = await NativeConnection.connect({ address }).catch((cause: unknown) => {
    throw new AssayError('ASSAY_TEMPORAL_LOST', { address }, { cause });
  });
  try {
    const workers = await Promise.all(
      settings.queues.map(async (queue) =>
        Worker.create({ connection, namespace, ...(await optionsFor(queue, settings)) }),
      ),
    );
    const running = workers.map((worker) => worker.run());
    process.send?.('ready');
    // The channel only tells the parent that we poll; who started us may end without ending us.
    process.channel?.unref();
    await Promise.all(running);
  } finally {
    await connection.close();
  }
}

async function optionsFor(
  queue: QueueName,
  settings: Settings,
): Promise<Omit<WorkerOptions, 'connection' | 'namespace'>> {
  const stages = await buildStages(queue, settings);
  const names = Object.keys(stages);
  const config = { ...settings, queue };
  return {
    taskQueue: queueOf(queue, settings.trust),
    identity: `assay-${queue}@${process.pid}`,
    activities: computing.has(queue)
      ? asChildActivities<Record<string, Stage>>(names, { script: stageScript, config })
      : asActivities(stages),
    maxConcurrentActivityTaskExecutions: computing.has(queue) ? 1 : 8,
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: '5s',
    // How long a killed worker's cached workflows stay reserved for it.
    stickyQueueScheduleToStartTimeout: '2s',
    ...(queue === 'governance' && { workflowsPath, maxCachedWorkflows: 100 }),
  };
}

/** Temporal's log through ours: JSON lines on stderr, quiet unless ASSAY_LOG asks for more. */
function logToStderr(): void {
  const log = pino({ level: process.env.ASSAY_LOG || 'warn', base: { pid: process.pid } }, pino.destination(2));
  const at = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: object) => {
    // Most queues have no workflows, and are meant to have none.
    if (!message.startsWith('No workflows registered')) log[level](meta ?? {}, message);
  };
  const write = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const byLevel = (level: LogLevel) => write[level.toLowerCase() as keyof typeof write];
  Runtime.install({ logger: { ...write, log: (level, message, meta) => byLevel(level)(message, meta) } });
}

function settingsFrom(argv: readonly string[]): Settings {
  const text = { type: 'string' } as const;
  const options = {
    queues: text,
    address: text,
    namespace: text,
    registry: text,
    trust: text,
    key: text,
    'log-key': text,
    scratch: text,
  };
  const { values } = parseArgs({ args: [...argv], options });
  const need = (name: keyof typeof values): string => {
    const value = values[name];
    if (!value) throw new AssayError('ASSAY_USAGE', { reason: `a worker needs --${name}` });
    return value;
  };
  const chosen = need('queues').split(',');
  for (const queue of chosen)
    if (!queueNames.some((name) => name === queue))
      throw new AssayError('ASSAY_USAGE', { reason: `there is no queue "${queue}", only ${queueNames.join(', ')}` });
  return {
    queues: chosen as QueueName[],
    address: need('address'),
    namespace: values.namespace ?? 'default',
    registry: need('registry'),
    trust: need('trust'),
    key: need('key'),
    logKey: need('log-key'),
    scratch: need('scratch'),
  };
}

try {
  await main(settingsFrom(process.argv.slice(2)));
} catch (error) {
  process.exitCode = showError(error, false);
}
