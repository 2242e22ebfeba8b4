/**
 * Runs a stage in a child process, so that a loop which never yields starves no heartbeat and a cancel can be enforced.
 * The child sends progress and one last message; when its parent is gone it ends by itself, so a killed worker leaves no
 * orphan that trains on beside its own retry.
 */
import { fork } from 'node:child_process';
import { AssayError, type ErrorCode } from '../core/errors.ts';
import { fromFailure } from './failures.ts';
import type { StageContext, StageProgress } from './types.ts';

export interface ChildTask {
  /** File of the module that the child runs; it calls `answerParent`. */
  readonly script: string;
  readonly stage: string;
  readonly input: unknown;
  /** What the child needs to build its stages: paths, never keys. */
  readonly config: unknown;
  /** Between a cancel and SIGKILL. @default 20 000 ms */
  readonly graceMs?: number;
}

/** What the child is told once, at its start. */
export interface ChildOrder {
  readonly stage: string;
  readonly input: unknown;
  readonly config: unknown;
}

type FromChild =
  | { readonly type: 'progress'; readonly report: StageProgress }
  | { readonly type: 'done'; readonly result: unknown }
  | {
      readonly type: 'failed';
      readonly code: ErrorCode;
      readonly params: Readonly<Record<string, string | number>>;
      readonly stack: string;
    };

/** @throws the child's AssayError; ASSAY_CANCELLED after a cancel; ASSAY_WORKER_LOST when the child ended without a word */
export async function inChild(task: ChildTask, context: StageContext): Promise<unknown> {
  const { stage, input, config } = task;
  context.signal.throwIfAborted();
  const child = fork(task.script, {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
  });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let killer: NodeJS.Timeout | undefined;
  const cancel = () => {
    if (child.connected) child.send({ type: 'abort' });
    killer = setTimeout(() => child.kill('SIGKILL'), task.graceMs ?? 20_000);
  };
  context.signal.addEventListener('abort', cancel, { once: true });
  child.on('message', (message: FromChild) => {
    if (message.type === 'progress') context.progress(message.report);
    else if (message.type === 'done') resolve(message.result);
    else reject(new AssayError(message.code, message.params, { cause: new Error(message.stack) }));
  });
  // As often as it comes: one that nobody hears would end the worker.
  child.on('error', reject);
  child.once('close', (code, signal) => {
    if (context.signal.aborted) reject(new AssayError('ASSAY_CANCELLED', { what: stage }));
    reject(new AssayError('ASSAY_WORKER_LOST', { stage, how: signal ?? `exit code ${code}` }));
  });
  child.send({ stage, input, config } satisfies ChildOrder);
  try {
    return await promise;
  } finally {
    context.signal.removeEventListener('abort', cancel);
    clearTimeout(killer);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  }
}

/** The child's side: runs `perform` on the one order it gets, and answers. */
export function answerParent(perform: (order: ChildOrder, context: StageContext) => Promise<unknown>): void {
  const abort = new AbortController();
  const say = (message: FromChild) => process.send?.(message);
  const finish = (message: FromChild) => process.send?.(message, () => process.disconnect());
  process.once('disconnect', () => process.exit());
  process.on('message', (message: ChildOrder | { readonly type: 'abort' }) => {
    if ('type' in message) return abort.abort(new AssayError('ASSAY_CANCELLED', { what: 'the stage' }));
    const context = { signal: abort.signal, progress: (report: StageProgress) => say({ type: 'progress', report }) };
    perform(message, context).then(
      (result) => finish({ type: 'done', result }),
      (error: unknown) => finish(failed(error)),
    );
  });
}

function failed(error: unknown): FromChild {
  const known = fromFailure(error);
  return { type: 'failed', code: known.code, params: known.params, stack: String((error as Error | undefined)?.stack) };
}
