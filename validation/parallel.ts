/** Trials shared among worker threads. The results are those of one thread, bit for bit. */
import { Worker } from 'node:worker_threads';
import { AssayError, type ErrorCode, isAssayError } from '../core/errors.ts';
import type { TaskSpec } from '../envs/execution-market.ts';
import type { MarketProfile } from '../market/profile.ts';
import { Bench, joined, type Part, partsOf, type Trial, type TrialResult } from './trial.ts';
import { TrialCache } from './trial-cache.ts';

export interface TrialOptions {
  readonly profile: MarketProfile;
  readonly task: TaskSpec;
  /** Threads beside this one; 0 works here. @default 0 */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Folder for results that are kept for another pool. */
  readonly cache?: string;
}

export type PartAnswer =
  | { readonly results: TrialResult[] }
  | { readonly code: ErrorCode; readonly params: Readonly<Record<string, string | number>> }
  | { readonly reason: string };

/** Runs trials of one task in one market; closed when no more are to come. */
export class TrialPool {
  readonly #options: TrialOptions;
  readonly #bench: Bench;
  readonly #cache: TrialCache | undefined;
  readonly #workers: readonly Worker[];

  constructor(options: TrialOptions) {
    const { profile, task, workers = 0, cache } = options;
    this.#options = options;
    this.#bench = new Bench(profile, task);
    this.#cache = cache === undefined ? undefined : new TrialCache(cache, { profile, task });
    const script = new URL('./trial-worker.ts', import.meta.url);
    this.#workers = Array.from({ length: workers }, () => new Worker(script, { workerData: { profile, task } }));
  }

  /**
   * @param onProgress told how many episodes of all trials are done
   * @throws ASSAY_CANCELLED after `signal`; whatever a contender throws
   */
  async run(trials: readonly Trial[], onProgress?: (episodes: number) => void): Promise<TrialResult[]> {
    const known = new Map<Trial, TrialResult>();
    for (const trial of trials) {
      const kept = this.#cache?.read(trial);
      if (kept !== undefined) known.set(trial, kept);
    }
    const missing = trials.filter((trial) => !known.has(trial));
    const ready = [...known.keys()].reduce((sum, { episodes }) => sum + episodes, 0);
    for (const [i, result] of (await this.#compute(missing, (done) => onProgress?.(ready + done))).entries()) {
      known.set(missing[i], result);
      this.#cache?.write(missing[i], result);
    }
    return trials.map((trial) => known.get(trial) as TrialResult);
  }

  async #compute(trials: readonly Trial[], onProgress: (episodes: number) => void): Promise<TrialResult[]> {
    const parts = partsOf(trials);
    const results = new Map<Part, readonly TrialResult[]>();
    let done = 0;
    const keep = (part: Part, answer: readonly TrialResult[]) => {
      results.set(part, answer);
      done += part.episodes * part.contenders.length;
      onProgress(done);
    };
    if (this.#workers.length === 0) await this.#runHere(parts, keep);
    else await this.#runThere(parts, keep);
    const pieces = trials.map((): TrialResult[] => []);
    for (const part of parts)
      for (const [k, trial] of part.trials.entries()) pieces[trial].push((results.get(part) as TrialResult[])[k]);
    return pieces.map(joined);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #runHere(parts: readonly Part[], keep: (part: Part, answer: TrialResult[]) => void): Promise<void> {
    for (const part of parts) {
      this.#requireGoing();
      keep(part, await this.#bench.run(part));
      // Lets a cancel arrive.
      await new Promise(setImmediate);
    }
  }

  /** Each worker takes the next part when it has answered. */
  async #runThere(parts: readonly Part[], keep: (part: Part, answer: TrialResult[]) => void): Promise<void> {
    let next = 0;
    const serve = async (worker: Worker) => {
      while (next < parts.length) {
        this.#requireGoing();
        const part = parts[next++];
        keep(part, await ask(worker, part));
      }
    };
    await Promise.all(this.#workers.map(serve));
  }

  #requireGoing(): void {
    if (this.#options.signal?.aborted) throw new AssayError('ASSAY_CANCELLED', { what: 'the validation' });
  }
}

function ask(worker: Worker, part: Part): Promise<TrialResult[]> {
  const { promise, resolve, reject } = Promise.withResolvers<TrialResult[]>();
  const lost = (how: string | Error) =>
    reject(new AssayError('ASSAY_WORKER_LOST', { stage: 'validate', how: how instanceof Error ? how.message : how }));
  const onExit = (code: number) => lost(`exit code ${code}`);
  worker.once('error', lost).once('exit', onExit);
  worker.once('message', (answer: PartAnswer) => {
    worker.off('error', lost).off('exit', onExit);
    if ('results' in answer) resolve(answer.results);
    else if ('code' in answer) reject(new AssayError(answer.code, answer.params));
    else reject(new AssayError('ASSAY_INTERNAL', { reason: answer.reason }));
  });
  worker.postMessage(part);
  return promise;
}

/** What a worker answers when a part failed. */
export function failureOf(error: unknown): PartAnswer {
  if (isAssayError(error)) return { code: error.code, params: error.params };
  return { reason: error instanceof Error ? error.message : String(error) };
}
