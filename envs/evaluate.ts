/**
 * Runs policies on simulated parent orders: many at a time, each path named by (seed, stream, episode), so that every
 * policy meets the same markets (common random numbers). A path does not depend on what is done in it, so policies that are
 * run together share one.
 */
import { streamKey } from '../core/random.ts';
import { OBSERVATION_SIZE, observe } from '../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../market/policy.ts';
import { Recent } from '../market/recent.ts';
import { ExecutionSession } from '../market/session.ts';
import type { FeedListener } from '../market/view.ts';
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
  const [evaluation] = await evaluateAll(market, [policy], options);
  return evaluation;
}

/** One evaluation a policy, in their order: what `evaluate` gives for each alone, bit for bit. */
export async function evaluateAll(
  market: ExecutionMarket,
  policies: readonly Policy[],
  options: EvaluateOptions,
): Promise<Evaluation[]> {
  const { episodes } = options;
  const { lots, horizonMs, decisionMs } = market.task;
  const batch = Math.min(options.batch ?? 256, episodes);
  const steps = Math.round(horizonMs / decisionMs);
  const results = policies.map(() => ({
    costsBps: new Float64Array(episodes),
    inventory: new Float64Array(steps),
    makerShare: 0,
  }));
  const key = streamKey(options.seed, options.stream);
  const lanes = Array.from({ length: batch }, () => new Lane(market, policies.length));
  const observations = new Float32Array(batch * OBSERVATION_SIZE);
  const actions = policies.map(() => new Float32Array(batch * ACTION_SIZE));
  for (let from = 0; from < episodes; from += batch) {
    options.signal?.throwIfAborted();
    const count = Math.min(batch, episodes - from);
    for (let i = 0; i < count; i++) lanes[i].reset(key, (options.from ?? 0) + from + i);
    for (let t = 0; t < steps; t++) {
      // All look before anybody acts: what they share must not have moved on.
      for (const [k, policy] of policies.entries()) {
        for (let i = 0; i < count; i++) observe(lanes[i].orders[k], observations, i * OBSERVATION_SIZE);
        await policy.decide(observations, actions[k], count);
      }
      for (const [k, decided] of actions.entries())
        for (let i = 0; i < count; i++) act(lanes[i].orders[k], decided, i * ACTION_SIZE);
      for (let i = 0; i < count; i++) lanes[i].advance(t === steps - 1);
      for (const [k, { inventory }] of results.entries())
        for (let i = 0; i < count; i++) inventory[t] += lanes[i].orders[k].remaining / lots / episodes;
    }
    for (const [k, result] of results.entries()) {
      for (let i = 0; i < count; i++) {
        const order = lanes[i].orders[k];
        result.costsBps[from + i] = order.shortfallBps;
        result.makerShare += order.makerLots / lots / episodes;
      }
    }
    options.onProgress?.(from + count);
  }
  return results;
}

function act(order: ExecutionSession, actions: Float32Array, row: number): void {
  if (!order.finished) order.act(actions[row], actions[row + 1], actions[row + 2]);
}

/** One simulated market, and in it one parent order a policy. The orders do not meet one another. */
class Lane implements FeedListener {
  readonly orders: readonly ExecutionSession[];
  readonly #market: SimulatedMarket;
  readonly #recent: Recent;
  readonly #task: ExecutionMarket['task'];
  /** Orders that are not finished. */
  #open: ExecutionSession[] = [];

  constructor({ profile, chain, costs, task, stress }: ExecutionMarket, count: number) {
    this.#market = new SimulatedMarket(profile, chain, stress);
    this.#recent = new Recent(this.#market);
    this.orders = Array.from({ length: count }, () => new ExecutionSession(this.#recent, costs));
    this.#task = task;
  }

  reset(key: Parameters<SimulatedMarket['reset']>[0], index: number): void {
    const { lots, horizonMs } = this.#task;
    this.#market.reset(key, index);
    this.#recent.start(1);
    for (const order of this.orders) order.start({ side: 1, lots, horizonMs });
    this.#open = [...this.orders];
  }

  /** Let one decision interval pass, and complete the orders when it was the last. */
  advance(last: boolean): void {
    this.#open = this.#open.filter((order) => !order.finished);
    if (this.#open.length === 0) return;
    this.#market.advance(this.#market.timeMs + this.#task.decisionMs, this);
    if (last) for (const order of this.#open) order.complete();
  }

  onTrade(ticks: number, lots: number): void {
    const open = this.#open;
    this.#recent.onTrade(ticks, lots);
    for (let i = 0; i < open.length; i++) open[i].onTrade(ticks, lots);
  }

  onQuote(): void {
    const open = this.#open;
    this.#recent.onQuote();
    for (let i = 0; i < open.length; i++) open[i].onQuote();
  }

  onClock(): void {
    const open = this.#open;
    this.#recent.onClock();
    for (let i = 0; i < open.length; i++) open[i].onClock();
  }
}
