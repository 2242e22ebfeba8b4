/**
 * The environment a policy learns execution in: `count` parent orders, each in its own simulated market, stepped together.
 *
 * Reward of a step: how much less the order's marked shortfall grew than that of a fixed reference schedule in the same
 * market, over `REWARD_SCALE_BPS`. Marked shortfall is the cost so far plus what is left at the mid; it is zero at the start
 * and the shortfall at the end, so the sum of rewards is the paired saving, and the optimum is that of the plain cost: the
 * reference does not depend on what is done, and marking is potential-based shaping (Ng, Harada and Russell 1999).
 *
 * With a tail weight, marked shortfall in the calm market beyond `tail.fromBps` counts 1 + weight times. At the threshold's optimum that is a
 * mean-CVaR utility (Rockafellar and Uryasev 2000): waiting is not free.
 *
 * Part of the orders meet stressed markets, so that a policy has seen a run before it is asked to survive one; their
 * rewards are scaled down by how much wilder their market is.
 *
 * The horizon is a true end: what is left is crossed and the episode terminates. Nothing is ever truncated here.
 */
import { streamKey } from '../core/random.ts';
import { OBSERVATION_SIZE, observe } from '../market/observation.ts';
import { ACTION_SIZE, ACTION_TABLE } from '../market/policy.ts';
import { type ScheduleSpec, schedulePolicy } from '../market/schedules.ts';
import { ExecutionSession } from '../market/session.ts';
import type { FeedListener } from '../market/view.ts';
import type { ExecutionMarket, TaskSpec } from './execution-market.ts';
import { SimulatedMarket } from './simulated-market.ts';
import { CALM } from './stress.ts';
import type { VectorEnv } from './vector-env.ts';

/** One unit of reward, basis points. */
export const REWARD_SCALE_BPS = 2;

/** The reference: an even passive schedule, half of the horizon ahead. */
export const REFERENCE: ScheduleSpec = {
  kind: 'schedule',
  family: 'twap',
  children: 'passive',
  slices: 60,
  lead: 0.5,
  tolerance: 1,
  participation: 0,
  urgency: 0,
  volumeCurve: [0, 1],
};

/** Shortfall beyond `fromBps` weighs 1 + `weight` times. */
export interface TailUtility {
  readonly fromBps: number;
  readonly weight: number;
}

export interface MarketShare {
  readonly market: ExecutionMarket;
  /** Fraction of the orders, [0, 1]. */
  readonly share: number;
  /** Rewards of this market are divided by it. */
  readonly rewardDivisor: number;
}

export interface ExecutionEnvOptions {
  readonly markets: readonly [MarketShare, ...MarketShare[]];
  /** Orders stepped together. */
  readonly count: number;
  readonly tail: TailUtility;
}

const TABLE = Float32Array.from(ACTION_TABLE.flat());

export class ExecutionEnv implements VectorEnv {
  readonly count: number;
  readonly observationSize = OBSERVATION_SIZE;
  readonly actionCount = ACTION_TABLE.length;
  readonly horizonSteps: number;
  readonly observations: Float32Array;
  readonly masks: Uint8Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;

  readonly #task: TaskSpec;
  readonly #pairs: readonly Pair[];
  readonly #reference = schedulePolicy(REFERENCE);
  readonly #referenceObservations: Float32Array;
  readonly #referenceActions: Float32Array;
  /** Shortfall of each finished order and of its reference, basis points. */
  readonly costsBps: Float64Array;
  readonly referenceBps: Float64Array;
  #step = 0;

  readonly #tail: TailUtility;
  readonly #scales: Float64Array;

  /** `markets[i].share` of the orders meet market i; the first one takes what is left. All share task and profile. */
  constructor({ markets, count, tail }: ExecutionEnvOptions) {
    const { market } = markets[0];
    const { task } = market;
    this.#tail = tail;
    this.count = count;
    this.horizonSteps = Math.round(market.task.horizonMs / market.task.decisionMs);
    this.observations = new Float32Array(count * OBSERVATION_SIZE);
    this.masks = new Uint8Array(count * this.actionCount).fill(1);
    this.rewards = new Float32Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
    this.costsBps = new Float64Array(count);
    this.referenceBps = new Float64Array(count);
    this.#task = task;
    const dealt = deal(markets, count);
    this.#pairs = dealt.map((share) => new Pair(share.market));
    this.#scales = Float64Array.from(dealt, (share) => 1 / (REWARD_SCALE_BPS * share.rewardDivisor));
    this.#referenceObservations = new Float32Array(count * OBSERVATION_SIZE);
    this.#referenceActions = new Float32Array(count * ACTION_SIZE);
  }

  reset(seed: number, round: number): void {
    const key = streamKey(seed, 'training', round);
    this.#step = 0;
    this.rewards.fill(0);
    this.terminated.fill(0);
    for (let i = 0; i < this.count; i++) {
      this.#pairs[i].reset(key, i);
      observe(this.#pairs[i].session, this.observations, i * OBSERVATION_SIZE);
    }
  }

  step(actions: Int32Array): void {
    this.#step++;
    const last = this.#step >= this.horizonSteps;
    this.#decideReference();
    for (let i = 0; i < this.count; i++) {
      const pair = this.#pairs[i];
      const before = this.#utility(pair);
      if (this.terminated[i] === 0) pair.act(TABLE, actions[i] * ACTION_SIZE);
      pair.advance(this.#task.decisionMs, last);
      this.rewards[i] = this.#reward(i, before, last);
      observe(pair.session, this.observations, i * OBSERVATION_SIZE);
    }
  }

  /** An order that finishes early waits for its reference; the rest of the reference's cost then belongs to its last step. */
  #reward(i: number, before: number, last: boolean): number {
    const pair = this.#pairs[i];
    if (this.terminated[i] === 1) return 0;
    if (pair.session.finished || last) {
      pair.finishReference(this.#task, this.#reference);
      this.terminated[i] = 1;
      this.costsBps[i] = pair.session.shortfallBps;
      this.referenceBps[i] = pair.reference.shortfallBps;
    }
    return (this.#utility(pair) - before) * this.#scales[i];
  }

  /** Utility of the order over that of its reference, in basis points of marked shortfall. */
  #utility(pair: Pair): number {
    const weight = pair.stressed ? 0 : this.#tail.weight;
    return this.#disutility(pair.reference.markedBps, weight) - this.#disutility(pair.session.markedBps, weight);
  }

  #disutility(bps: number, weight: number): number {
    return bps + weight * Math.max(0, bps - this.#tail.fromBps);
  }

  #decideReference(): void {
    for (let i = 0; i < this.count; i++) {
      observe(this.#pairs[i].reference, this.#referenceObservations, i * OBSERVATION_SIZE);
    }
    this.#reference.decide(this.#referenceObservations, this.#referenceActions, this.count);
    for (let i = 0; i < this.count; i++) {
      if (this.terminated[i] === 0) this.#pairs[i].actReference(this.#referenceActions, i * ACTION_SIZE);
    }
  }
}

/** The market of each order: whole numbers of orders for every market but the first. */
function deal(markets: ExecutionEnvOptions['markets'], count: number): MarketShare[] {
  const others = markets
    .slice(1)
    .flatMap((share) => new Array<MarketShare>(Math.floor(share.share * count)).fill(share));
  return [...new Array<MarketShare>(count - others.length).fill(markets[0]), ...others];
}

/** An order and its reference in one market. */
class Pair implements FeedListener {
  readonly market: SimulatedMarket;
  readonly session: ExecutionSession;
  readonly reference: ExecutionSession;
  readonly stressed: boolean;
  readonly #task: TaskSpec;
  #done = false;

  constructor({ profile, chain, costs, task, stress }: ExecutionMarket) {
    this.market = new SimulatedMarket(profile, chain, stress);
    this.session = new ExecutionSession(this.market, costs);
    this.reference = new ExecutionSession(this.market, costs);
    this.stressed = stress !== CALM;
    this.#task = task;
  }

  reset(key: Parameters<SimulatedMarket['reset']>[0], index: number): void {
    this.market.reset(key, index);
    const order = { side: 1, lots: this.#task.lots, horizonMs: this.#task.horizonMs } as const;
    this.session.start(order);
    this.reference.start(order);
    this.#done = false;
  }

  act(table: Float32Array, row: number): void {
    this.session.act(table[row], table[row + 1], table[row + 2]);
  }

  actReference(actions: Float32Array, row: number): void {
    this.reference.act(actions[row], actions[row + 1], actions[row + 2]);
  }

  advance(ms: number, last: boolean): void {
    if (this.#done) return;
    this.market.advance(this.market.timeMs + ms, this);
    if (!last) return;
    this.session.complete();
    this.reference.complete();
  }

  finishReference(task: TaskSpec, policy: ReturnType<typeof schedulePolicy>): void {
    const observation = new Float32Array(OBSERVATION_SIZE);
    const action = new Float32Array(ACTION_SIZE);
    while (!this.reference.finished && this.market.timeMs < task.horizonMs) {
      observe(this.reference, observation, 0);
      policy.decide(observation, action, 1);
      this.actReference(action, 0);
      this.market.advance(this.market.timeMs + task.decisionMs, this);
    }
    this.reference.complete();
    this.#done = true;
  }

  onTrade(ticks: number, lots: number): void {
    if (!this.session.finished) this.session.onTrade(ticks, lots);
    if (!this.reference.finished) this.reference.onTrade(ticks, lots);
  }

  onQuote(): void {
    if (!this.session.finished) this.session.onQuote();
    if (!this.reference.finished) this.reference.onQuote();
  }

  onClock(): void {
    if (!this.session.finished) this.session.onClock();
    if (!this.reference.finished) this.reference.onClock();
  }
}
