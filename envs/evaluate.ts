/**
 * Runs policies on simulated parent orders: many at a time, each path named by (seed, stream, episode), so that every
 * policy meets the same markets (common random numbers).
 */
import { streamKey } from '../core/random.ts';
import { OBSERVATION_SIZE, observe } from '../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../market/policy.ts';
import { ExecutionSession } from '../market/session.ts';
import type { ExecutionMarket } from './execution-market.ts';
import { SimulatedMarket } from './simulated-market.ts';

export interface EvaluateOptions {
  readonly seed: number;
  /** Name of the stream, e.g. `tuning` or `validation`: streams of different names share nothing. */
  readonly stream: string;
  readonly episodes: number;
  /** First episode, to run a part. */
  readonly from?: number;
  /** Parent orders stepped together. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface Evaluation {
  /** Implementation shortfall by episode, basis points of the arrival notional, fees included. */
  readonly costsBps: Float64Array;
  /** Mean fraction left after each decision. */
  readonly inventory: Float64Array;
  /** Share of the quantity filled as maker. */
  readonly makerShare: number;
}

export async function evaluate(market: ExecutionMarket, policy: Policy, options: EvaluateOptions): Promise<Evaluation> {
  const { episodes } = options;
  const batch = Math.min(options.batch ?? 256, episodes);
  const steps = Math.round(market.task.horizonMs / market.task.decisionMs);
  const result = { costsBps: new Float64Array(episodes), inventory: new Float64Array(steps), makerShare: 0 };
  const key = streamKey(options.seed, options.stream);
  const lanes = Array.from({ length: batch }, () => new Lane(market));
  const observations = new Float32Array(batch * OBSERVATION_SIZE);
  const actions = new Float32Array(batch * ACTION_SIZE);
  for (let from = 0; from < episodes; from += batch) {
    options.signal?.throwIfAborted();
    const count = Math.min(batch, episodes - from);
    for (let i = 0; i < count; i++) lanes[i].reset(key, (options.from ?? 0) + from + i);
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < count; i++) observe(lanes[i].session, observations, i * OBSERVATION_SIZE);
      await policy.decide(observations, actions, count);
      for (let i = 0; i < count; i++) {
        lanes[i].advance(actions, i * ACTION_SIZE, t === steps - 1);
        result.inventory[t] += lanes[i].session.remaining / market.task.lots / episodes;
      }
    }
    for (let i = 0; i < count; i++) {
      result.costsBps[from + i] = lanes[i].session.shortfallBps;
      result.makerShare += lanes[i].session.makerLots / market.task.lots / episodes;
    }
    options.onProgress?.(from + count);
  }
  return result;
}

/** One parent order in its own simulated market. */
export class Lane {
  readonly market: SimulatedMarket;
  readonly session: ExecutionSession;
  readonly #task: ExecutionMarket['task'];

  constructor({ profile, chain, costs, task, stress }: ExecutionMarket) {
    this.market = new SimulatedMarket(profile, chain, stress);
    this.session = new ExecutionSession(this.market, costs);
    this.#task = task;
  }

  reset(key: Parameters<SimulatedMarket['reset']>[0], index: number): void {
    this.market.reset(key, index);
    this.session.start({ side: 1, lots: this.#task.lots, horizonMs: this.#task.horizonMs });
  }

  /** Act, let one decision interval pass, and complete the order when it was the last. */
  advance(actions: Float32Array, row: number, last: boolean): void {
    const { session } = this;
    if (session.finished) return;
    session.act(actions[row], actions[row + 1], actions[row + 2]);
    this.market.advance(this.market.timeMs + this.#task.decisionMs, session);
    if (last) session.complete();
  }
}
