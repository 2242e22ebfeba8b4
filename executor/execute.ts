/**
 * Works parent orders on paper: one after another in real event order, a sell, then a buy, and so on, until what is left of
 * the data is shorter than a horizon. The feed is the recording; in production it is the venue's. Everything else is the same.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AssayError } from '../core/errors.ts';
import type { Policy } from '../market/policy.ts';
import { ReplayFeed, type Segment } from '../market/replay.ts';
import type { ExecutionCosts } from '../market/session.ts';
import type { BookTape } from '../market/tape.ts';
import type { FeedListener } from '../market/view.ts';
import { GATE_PASS, type Gate } from '../risk/gate.ts';
import { type JournalWriter, markoutMs } from './journal.ts';
import { Marks } from './marks.ts';
import { type Floor, OrderAtWork } from './order.ts';
import type { Task } from './task.ts';

export interface PaperRun {
  readonly bookTape: BookTape;
  readonly segment: Segment;
  readonly task: Task;
  readonly costs: ExecutionCosts;
  readonly policy: Policy;
  /** Fresh. Whoever holds it may kill it at any time: what rests is then withdrawn, and nothing is sent any more. */
  readonly gate: Gate;
  /** Its first line, `begin`, is written. It is not closed here. */
  readonly journal: JournalWriter;
  readonly signal?: AbortSignal;
  /** Ms of the data that are done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * @returns how many parent orders were worked; none where the data is shorter than one
 * @throws ASSAY_CANCELLED once everything is withdrawn; ASSAY_DATASET_QUALITY
 */
export async function executeOrders(run: PaperRun): Promise<number> {
  const { task, gate, journal, signal } = run;
  const feed = new ReplayFeed(run.bookTape, run.segment);
  const market = new Market(feed, new Marks(journal));
  const floor: Floor = { ...run, feed, marks: market.marks, last: { child: 0, fill: 0 } };
  // Nothing is ordered that the approval does not allow.
  const lots = Math.min(task.lots, Math.floor(gate.limits.maxParentLots));
  let parents = 0;
  while (feed.timeMs + task.horizonMs <= feed.endMs && gate.openParent(lots) === GATE_PASS) {
    parents++;
    const side = parents % 2 === 1 ? -1 : 1;
    const { timeMs, bidTicks, askTicks } = feed;
    const name = side > 0 ? 'buy' : 'sell';
    journal.write({ event: 'opened', parent: parents, side: name, lots, timeMs, bidTicks, askTicks });
    const order = new OrderAtWork(floor, side, lots);
    market.order = order;
    const endMs = timeMs + task.horizonMs;
    while (feed.timeMs < endMs && !order.finished && !gate.killed) {
      await order.decide();
      feed.advance(feed.timeMs + task.decisionMs, market);
      run.onProgress?.(feed.timeMs - feed.originMs, feed.endMs - feed.originMs);
      await nextTurn();
      if (signal?.aborted) gate.kill();
    }
    order.close(parents);
    market.order = undefined;
  }
  if (!gate.killed) feed.advance(Math.min(feed.endMs, feed.timeMs + Math.max(...markoutMs)), market);
  market.finish();
  journal.write({ event: 'end', parents, timeMs: feed.timeMs });
  if (signal?.aborted) throw new AssayError('ASSAY_CANCELLED', { what: 'the execution' });
  return parents;
}

/** Hands the feed on to the order at work, and keeps the mid for the marks. */
class Market implements FeedListener {
  readonly marks: Marks;
  order: OrderAtWork | undefined;
  readonly #feed: ReplayFeed;
  #midTicks: number;

  constructor(feed: ReplayFeed, marks: Marks) {
    this.#feed = feed;
    this.marks = marks;
    this.#midTicks = this.#mid;
  }

  onTrade(ticks: number, lots: number): void {
    this.order?.onTrade(ticks, lots);
  }

  onQuote(): void {
    this.marks.passTo(this.#feed.timeMs, this.#midTicks);
    this.#midTicks = this.#mid;
    this.order?.onQuote();
  }

  onClock(): void {
    this.order?.onClock();
  }

  finish(): void {
    this.marks.finish(this.#feed.timeMs, this.#midTicks);
  }

  get #mid(): number {
    return (this.#feed.bidTicks + this.#feed.askTicks) / 2;
  }
}
