/**
 * A policy on recorded data: parent orders started at regular times, each as a sell and as a buy, all in one pass over the
 * tape. The orders do not meet one another; each finds the market as it was.
 */
import { AssayError } from '../core/errors.ts';
import { OBSERVATION_SIZE, observe } from './observation.ts';
import { ACTION_SIZE, type Policy } from './policy.ts';
import { ReplayFeed, type Segment } from './replay.ts';
import { type ExecutionCosts, ExecutionSession } from './session.ts';
import type { BookTape } from './tape.ts';
import { type FeedListener, REACTION_MS } from './view.ts';

export interface ReplayRun {
  readonly bookTape: BookTape;
  readonly policy: Policy;
  readonly costs: ExecutionCosts;
  readonly task: { readonly lots: number; readonly horizonMs: number; readonly decisionMs: number };
  /** Time between the starts of two parent orders, ms. */
  readonly everyMs: number;
  readonly segment?: Segment;
  readonly signal?: AbortSignal;
}

/** Row 2n is the n-th start as a sell, row 2n+1 the same start as a buy. */
export interface ReplayResult {
  /** Implementation shortfall, basis points of the arrival notional, fees included. */
  readonly costsBps: Float64Array;
  /** Start of each order, ms, time of the tape. */
  readonly startMs: Float64Array;
  readonly side: Int8Array;
  /** Share of the quantity filled as maker. */
  readonly makerShare: number;
}

/**
 * Works every parent order that the data can see to its horizon; those that it cannot are left out.
 * @throws ASSAY_CONFIG_OUT_OF_BOUNDS for times that are not positive whole steps of the reaction clock
 */
export async function replayOrders(run: ReplayRun): Promise<ReplayResult> {
  const { policy, costs, task, everyMs, signal } = run;
  const steps = Math.round(task.horizonMs / task.decisionMs);
  for (const [where, ms] of Object.entries({ everyMs, decisionMs: task.decisionMs, horizonMs: task.horizonMs }))
    if (!(ms > 0 && ms % REACTION_MS === 0))
      throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', {
        where,
        reason: `${ms} ms is not a multiple of ${REACTION_MS}`,
      });
  const feed = new ReplayFeed(run.bookTape, run.segment);
  const room = feed.endMs - feed.originMs - steps * task.decisionMs;
  const starts = room < 0 ? 0 : Math.floor(room / everyMs) + 1;
  const result = {
    costsBps: new Float64Array(2 * starts),
    startMs: new Float64Array(2 * starts),
    side: new Int8Array(2 * starts),
    makerShare: 0,
  };
  const live = new Live();
  let begun = 0;
  while (begun < starts || live.orders.length > 0) {
    signal?.throwIfAborted();
    const startMs = begun < starts ? feed.originMs + begun * everyMs : Number.POSITIVE_INFINITY;
    feed.advance(Math.min(startMs, live.nextMs()), live);
    for (const order of live.takeDone(feed.timeMs, steps)) {
      order.session.complete();
      result.costsBps[order.index] = order.session.shortfallBps;
      result.makerShare += order.session.makerLots / task.lots / (2 * starts);
    }
    if (feed.timeMs === startMs) {
      for (const side of [-1, 1] as const) {
        const index = 2 * begun + (side > 0 ? 1 : 0);
        const session = new ExecutionSession(feed, costs);
        session.start({ side, lots: task.lots, horizonMs: task.horizonMs });
        live.orders.push({ index, session, decisions: 0, nextMs: startMs });
        result.startMs[index] = startMs;
        result.side[index] = side;
      }
      begun++;
    }
    await live.decide(policy, feed.timeMs, task.decisionMs);
  }
  return result;
}

interface Order {
  readonly index: number;
  readonly session: ExecutionSession;
  decisions: number;
  /** Its next decision, or its end. */
  nextMs: number;
}

/** The orders at work now, hearing one feed. */
class Live implements FeedListener {
  orders: Order[] = [];
  #observations = new Float32Array(0);
  #actions = new Float32Array(0);

  onTrade(ticks: number, lots: number): void {
    for (const { session } of this.orders) session.onTrade(ticks, lots);
  }
  onQuote(): void {
    for (const { session } of this.orders) session.onQuote();
  }
  onClock(): void {
    for (const { session } of this.orders) session.onClock();
  }

  nextMs(): number {
    return this.orders.reduce((soonest, { nextMs }) => Math.min(soonest, nextMs), Number.POSITIVE_INFINITY);
  }

  /** Orders that have filled, or whose last interval is over. */
  takeDone(timeMs: number, steps: number): Order[] {
    const done: Order[] = [];
    const kept: Order[] = [];
    for (const order of this.orders) {
      const over = order.nextMs <= timeMs && order.decisions === steps;
      (over || order.session.finished ? done : kept).push(order);
    }
    this.orders = kept;
    return done;
  }

  async decide(policy: Policy, timeMs: number, decisionMs: number): Promise<void> {
    const due = this.orders.filter(({ nextMs }) => nextMs === timeMs);
    if (due.length === 0) return;
    if (this.#observations.length < due.length * OBSERVATION_SIZE) {
      this.#observations = new Float32Array(2 * due.length * OBSERVATION_SIZE);
      this.#actions = new Float32Array(2 * due.length * ACTION_SIZE);
    }
    for (const [i, { session }] of due.entries()) observe(session, this.#observations, i * OBSERVATION_SIZE);
    await policy.decide(this.#observations, this.#actions, due.length);
    for (const [i, order] of due.entries()) {
      const row = i * ACTION_SIZE;
      order.session.act(this.#actions[row], this.#actions[row + 1], this.#actions[row + 2]);
      order.decisions++;
      order.nextMs += decisionMs;
    }
  }
}
