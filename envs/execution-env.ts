/**
 * The environment a policy learns execution in: `count` parent orders, each in its own simulated market, stepped together.
 *
 * Reward of a step: how much less the marked shortfall became, over `REWARD_SCALE_BPS`. Marked shortfall is the cost so far plus
 * what is left at the mid; it is zero at the start and the shortfall at the end, so that the rewards of an order sum to its
 * cost with the sign turned: potential-based shaping, which leaves the optimum where it is (Ng, Harada and Russell 1999).
 *
 * An order's cost is mostly luck: what the mid did while part of it was waiting. What of that could not be foreseen (drift.ts)
 * is taken out of the reward; it is worth nothing on average whatever is decided.
 *
 * Waiting is not free: each decision costs `riskAversion` times the variance that the quantity left adds to the shortfall, the
 * mean-variance utility of Almgren and Chriss (2001). The variance is that of the calm market in the state the book is in
 * (drift.ts), so that a market about to move charges more, and this term has no noise of its own.
 *
 * Part of the orders meet stressed markets, so that a policy has seen a run before it is asked to survive one; their
 * rewards are scaled down by how much wilder their market is. What can be foreseen is estimated anew where volatility is
 * another one; depth, spread and shock leave the moves of the book law as they are.
 *
 * The horizon is a true end: what is left is crossed and the episode terminates. Nothing is ever truncated here.
 */
import { streamKey } from '../core/random.ts';
import { OBSERVATION_SIZE, observe } from '../market/observation.ts';
import { ACTION_SIZE, ACTION_TABLE } from '../market/policy.ts';
import { ExecutionSession } from '../market/session.ts';
import { type Drift, estimateDrift, foresee } from './drift.ts';
import type { ExecutionMarket, TaskSpec } from './execution-market.ts';
import { SimulatedMarket } from './simulated-market.ts';
import { CALM } from './stress.ts';
import type { VectorEnv } from './vector-env.ts';

/** One unit of reward, basis points. */
export const REWARD_SCALE_BPS = 2;

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
  /** Basis points of shortfall that one squared basis point of variance is worth. */
  readonly riskAversion: number;
  /** Of the simulation that tells what can be foreseen. */
  readonly driftSeed: number;
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
  /** Shortfall of each finished order, basis points of the arrival notional, fees included. */
  readonly costsBps: Float64Array;

  readonly #orders: readonly Order[];
  readonly #riskAversion: number;
  #step = 0;

  /** `markets[i].share` of the orders meet market i; the first one takes what is left. All share task and profile. */
  constructor({ markets, count, riskAversion, driftSeed }: ExecutionEnvOptions) {
    const { task } = markets[0].market;
    this.count = count;
    this.horizonSteps = Math.round(task.horizonMs / task.decisionMs);
    this.observations = new Float32Array(count * OBSERVATION_SIZE);
    this.masks = new Uint8Array(count * this.actionCount).fill(1);
    this.rewards = new Float32Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
    this.costsBps = new Float64Array(count);
    this.#riskAversion = riskAversion;
    const drifts = new Map<number, () => Drift>();
    const driftOf = (market: ExecutionMarket) => {
      const { volatilityFactor } = market.stress;
      const known = drifts.get(volatilityFactor) ?? once(() => estimateDrift(market, driftSeed));
      drifts.set(volatilityFactor, known);
      return known;
    };
    const calm = driftOf({ ...markets[0].market, stress: CALM });
    this.#orders = deal(markets, count).map(
      ({ market, rewardDivisor }) =>
        new Order(market, { own: driftOf(market), calm }, 1 / (REWARD_SCALE_BPS * rewardDivisor)),
    );
  }

  reset(seed: number, round: number): void {
    const key = streamKey(seed, 'training', round);
    this.#step = 0;
    this.rewards.fill(0);
    this.terminated.fill(0);
    for (let i = 0; i < this.count; i++) {
      this.#orders[i].reset(key, i);
      observe(this.#orders[i].session, this.observations, i * OBSERVATION_SIZE);
    }
  }

  step(actions: Int32Array): void {
    this.#step++;
    const last = this.#step >= this.horizonSteps;
    for (let i = 0; i < this.count; i++) {
      if (this.terminated[i] === 1) {
        this.rewards[i] = 0;
        continue;
      }
      const order = this.#orders[i];
      this.rewards[i] = order.step(actions[i] * ACTION_SIZE, { last, riskAversion: this.#riskAversion });
      if (order.session.finished || last) {
        this.terminated[i] = 1;
        this.costsBps[i] = order.session.shortfallBps;
      }
      observe(order.session, this.observations, i * OBSERVATION_SIZE);
    }
  }
}

/** Estimated when the first order needs it, and kept. */
function once(estimate: () => Drift): () => Drift {
  let drift: Drift | undefined;
  return () => (drift ??= estimate());
}

/** The market of each order: whole numbers of orders for every market but the first. */
function deal(markets: ExecutionEnvOptions['markets'], count: number): MarketShare[] {
  const others = markets
    .slice(1)
    .flatMap((share) => new Array<MarketShare>(Math.floor(share.share * count)).fill(share));
  return [...new Array<MarketShare>(count - others.length).fill(markets[0]), ...others];
}

/** What can be foreseen in the market of an order, and what the calm one charges for waiting. */
interface Drifts {
  readonly own: () => Drift;
  readonly calm: () => Drift;
}

/** An order in its market. */
class Order {
  readonly session: ExecutionSession;
  readonly #market: SimulatedMarket;
  readonly #drifts: Drifts;
  /** Reward for a basis point. */
  readonly #scale: number;
  readonly #task: TaskSpec;

  constructor({ profile, chain, costs, task, stress }: ExecutionMarket, drifts: Drifts, scale: number) {
    this.#market = new SimulatedMarket(profile, chain, stress);
    this.session = new ExecutionSession(this.#market, costs);
    this.#drifts = drifts;
    this.#scale = scale;
    this.#task = task;
  }

  reset(key: Parameters<SimulatedMarket['reset']>[0], index: number): void {
    this.#market.reset(key, index);
    this.session.start({ side: 1, lots: this.#task.lots, horizonMs: this.#task.horizonMs });
  }

  /** Act and let one decision interval pass. @returns its reward */
  step(row: number, { last, riskAversion }: { readonly last: boolean; readonly riskAversion: number }): number {
    const { session } = this;
    const market = this.#market;
    const before = session.markedBps;
    const bpsPerTick = 1e4 / (2 * session.arrivalTicks);
    const { own, calm } = this.#drifts;
    const { move, variance } = foresee(own(), market, calm());
    const risk = variance * ((session.remaining / this.#task.lots) * bpsPerTick) ** 2;
    session.act(TABLE[row], TABLE[row + 1], TABLE[row + 2]);
    const waiting = session.remaining / this.#task.lots;
    const expected = market.shocklessMid + move;
    market.advance(market.timeMs + this.#task.decisionMs, session);
    const surprise = ((market.shocklessMid - expected) / 2 / session.arrivalTicks) * 1e4;
    if (last) session.complete();
    const saved = before - session.markedBps + waiting * surprise;
    return (saved - riskAversion * risk) * this.#scale;
  }
}
