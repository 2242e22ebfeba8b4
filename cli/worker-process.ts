/** Starts a worker as a process of its own and waits until it polls; the demo, `assay dev` and the tests run theirs so. */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AssayError } from '../core/errors.ts';
import type { QueueName } from '../workflows/queues.ts';

const script = fileURLToPath(new URL('./worker.ts', import.meta.url));
const stopWithinMs = 30_000;

export interface WorkerProcessOptions {
  readonly queues: readonly QueueName[];
  readonly address: string;
  /** @default 'default' */
  readonly namespace?: string;
  readonly registry: string;
  readonly trust: string;
  /** Private key file of this machine identity. */
  readonly key: string;
  /** Private key file of the log, for those that append to it. */
  readonly logKey: string;
  /** Checkpoints and other files that may be lost. */
  readonly scratch: string;
  /** Each line the worker writes to stderr. @default inherited */
  readonly onLog?: (text: string) => void;
  /** All that it and its stages write is appended here instead. */
  readonly logFile?: string;
}

export interface WorkerProcess {
  readonly pid: number;
  /** Fires when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** SIGTERM, then SIGKILL when it does not end. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** @throws ASSAY_WORKER_LOST when it ends before it polls */
export async function startWorker(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { queues, address, namespace = 'default', registry, trust, key, logKey, scratch } = options;
  const flags = { address, namespace, registry, trust, key, 'log-key': logKey, scratch, queues: queues.join() };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const file = options.logFile === undefined ? undefined : openSync(options.logFile, 'a');
  const child = fork(script, args, {
    execArgv: [],
    stdio: ['ignore', file ?? 'inherit', file ?? (options.onLog ? 'pipe' : 'inherit'), 'ipc'],
  });
  if (file !== undefined) closeSync(file);
  child.stderr?.on('data', (chunk: Buffer) => options.onLog?.(chunk.toString()));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    // A process that could not be started at all.
    child.on('error', () => resolve());
  });
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()));
  await Promise.race([ready, ended]);
  if (child.pid === undefined || hasEnded(child))
    throw new AssayError('ASSAY_WORKER_LOST', {
      stage: queues.join(),
      how: `exit code ${child.exitCode ?? child.signalCode}`,
    });
  return {
    pid: child.pid,
    ended,
    stop: () => end(child, ended, 'SIGTERM'),
    kill: () => end(child, ended, 'SIGKILL'),
  };
}

async function end(child: ChildProcess, ended: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  child.kill(signal);
  const hard = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(hard);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
