/**
 * One parent order at work: between the market's feed and the session that trades it stand the gate, through which every
 * child has to pass, and the journal, which learns of everything before it has an effect.
 */
import { AssayError, isAssayError } from '../core/errors.ts';
import { OBSERVATION_SIZE, observe } from '../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../market/policy.ts';
import type { ReplayFeed } from '../market/replay.ts';
import { type ExecutionCosts, ExecutionSession, type Fill, type SessionListener } from '../market/session.ts';
import type { FeedListener } from '../market/view.ts';
import { GATE_PASS, type Gate, type GateRequest, gateReasons } from '../risk/gate.ts';
import type { JournalWriter, Line } from './journal.ts';
import type { Marks } from './marks.ts';
import type { Task } from './task.ts';

/** What all orders of a run share. */
export interface Floor {
  readonly feed: ReplayFeed;
  readonly costs: ExecutionCosts;
  readonly task: Task;
  readonly policy: Policy;
  readonly gate: Gate;
  readonly journal: JournalWriter;
  readonly marks: Marks;
  /** The last number given to a child, and to a fill. */
  readonly last: { child: number; fill: number };
}

interface Child {
  readonly number: number;
  readonly ticks: number;
  lots: number;
}

export class OrderAtWork implements FeedListener, SessionListener {
  readonly #floor: Floor;
  readonly #session: ExecutionSession;
  readonly #request: GateRequest;
  readonly #observation = new Float32Array(OBSERVATION_SIZE);
  readonly #action = new Float32Array(ACTION_SIZE);
  /** Resting children, oldest first: fills take from the front, withdrawals from the back, as in the session's queue. */
  readonly #resting: Child[] = [];
  #taking: Child | undefined;
  /** The last child that would have taken was denied for its size. */
  #tooMuch = false;
  /** The mid in force until the step of the feed that is being told now, and since when. */
  #midTicks: number;
  #midSinceMs: number;
  #midTime = 0;
  #marketLots = 0;
  #marketWorth = 0;

  constructor(floor: Floor, side: 1 | -1, lots: number) {
    this.#floor = floor;
    const { feed, costs, task } = floor;
    const { bidTicks, askTicks, timeMs } = feed;
    this.#request = { side, lots: 0, ticks: 0, taking: true, bidTicks, askTicks, nowMs: timeMs, dataMs: feed.eventMs };
    this.#session = new ExecutionSession(feed, costs, this);
    this.#session.start({ side, lots, horizonMs: task.horizonMs });
    this.#midTicks = this.#session.arrivalTicks;
    this.#midSinceMs = timeMs;
  }

  get finished(): boolean {
    return this.#session.finished;
  }

  /** Ask the policy once and carry out what it says; what is no decision withdraws everything that rests. */
  async decide(): Promise<void> {
    const reason = await this.#ask();
    if (reason === undefined) return this.#act(this.#action[0], this.#action[1], this.#action[2]);
    this.#floor.journal.write({ event: 'undecided', reason, timeMs: this.#floor.feed.timeMs });
    this.#session.act(0, 0, 0);
  }

  /** The time is up, or the gate was killed: withdraw, cross what is left as far as that is allowed, and say how it ended. */
  close(parent: number): void {
    const { gate, journal, feed } = this.#floor;
    if (gate.killed) this.#session.act(0, 0, 0);
    else {
      this.#tooMuch = false;
      this.#session.complete();
      if (this.#tooMuch) this.#takeAllowed(0, 0);
    }
    const { finished, remaining, startMs, mid } = this.#session;
    const openMs = feed.timeMs - startMs;
    journal.write({
      ...{ event: 'closed', parent, timeMs: feed.timeMs },
      why: gate.killed ? 'killed' : finished ? 'filled' : 'horizon',
      unfilledLots: remaining,
      endTicks: mid,
      marketLots: this.#marketLots,
      vwapTicks: this.#marketLots > 0 ? this.#marketLots / this.#marketWorth : null,
      twapTicks: openMs > 0 ? (this.#midTime + mid * (feed.timeMs - this.#midSinceMs)) / openMs : mid,
    });
    const reason = gate.closeParent();
    if (reason !== GATE_PASS)
      throw new AssayError('ASSAY_GATE_DENIED', {
        check: gateReasons[reason],
        reason: `order ${parent} ends with ${gate.openLots} lots open`,
      });
  }

  onTrade(ticks: number, lots: number): void {
    const size = Math.abs(lots);
    this.#marketLots += size;
    this.#marketWorth += size / ticks;
    this.#floor.gate.onMarketVolume(size, this.#floor.feed.timeMs);
    this.#session.onTrade(ticks, lots);
  }

  onQuote(): void {
    this.#session.onQuote();
  }

  onClock(): void {
    const { timeMs } = this.#floor.feed;
    this.#midTime += this.#midTicks * (timeMs - this.#midSinceMs);
    this.#midSinceMs = timeMs;
    this.#midTicks = this.#session.mid;
    if (this.#floor.gate.killed) this.#session.act(0, 0, 0);
    this.#session.onClock();
  }

  admit({ kind, lots, ticks }: { kind: 'limit' | 'market'; lots: number; ticks: number }): boolean {
    const { feed, gate, journal, last } = this.#floor;
    const request = this.#request;
    request.lots = lots;
    request.ticks = ticks;
    request.taking = kind === 'market';
    request.bidTicks = feed.bidTicks;
    request.askTicks = feed.askTicks;
    request.nowMs = feed.timeMs;
    request.dataMs = feed.eventMs;
    const reason = gate.send(request);
    if (reason !== GATE_PASS) {
      const why = gateReasons[reason];
      journal.write({ event: 'denied', kind, lots, ticks, reason: why, timeMs: feed.timeMs });
      if (kind === 'market') this.#tooMuch = why === 'participation' || why === 'max-child';
      return false;
    }
    const child = { number: ++last.child, lots, ticks };
    journal.write({ event: 'sent', child: child.number, kind, lots, ticks, timeMs: feed.timeMs });
    if (kind === 'market') this.#taking = child;
    else this.#resting.push(child);
    return true;
  }

  onFill({ lots, ticks, liquidity }: Fill): void {
    const { gate } = this.#floor;
    if (!gate.onFill(lots)) this.#breach(`a fill of ${lots} lots`);
    if (liquidity === 'taker') {
      // Decided just now: the quote it meets is the one that is shown.
      const child = this.#taking;
      const quoteTicks = this.#request.side > 0 ? this.#floor.feed.askTicks : this.#floor.feed.bidTicks;
      if (child !== undefined) this.#filled(child, lots, { ticks, liquidity, quoteTicks, midTicks: this.#session.mid });
      this.#taking = undefined;
      return;
    }
    for (let left = lots; left > 0 && this.#resting.length > 0; ) {
      const [child] = this.#resting;
      const part = Math.min(left, child.lots);
      left -= part;
      child.lots -= part;
      if (child.lots === 0) this.#resting.shift();
      this.#filled(child, part, { ticks, liquidity, quoteTicks: child.ticks, midTicks: this.#midTicks });
    }
  }

  onCancel(lots: number): void {
    const { gate, journal, feed } = this.#floor;
    if (!gate.onCancel(lots)) this.#breach(`a withdrawal of ${lots} lots`);
    for (let left = lots; left > 0; ) {
      const child = this.#resting.at(-1);
      if (child === undefined) break;
      const part = Math.min(left, child.lots);
      left -= part;
      child.lots -= part;
      if (child.lots === 0) this.#resting.pop();
      journal.write({ event: 'cancelled', child: child.number, lots: part, timeMs: feed.timeMs });
    }
  }

  /** No child is larger than it may be; what may not be taken whole is taken as far as the gate allows. */
  #act(post: number, cross: number, guard: number): void {
    const largest = this.#floor.gate.limits.maxChildLots / this.#session.remaining;
    this.#tooMuch = false;
    this.#session.act(Math.min(post, largest), Math.min(cross, largest), guard);
    if (this.#tooMuch) this.#takeAllowed(Math.min(post, largest), guard);
  }

  /** Once at one moment: the recorded book does not show what a child before took from it. */
  #takeAllowed(post: number, guard: number): void {
    const { gate, feed } = this.#floor;
    const { remaining } = this.#session;
    const lots = Math.floor(Math.min(gate.takeableLots(feed.timeMs), gate.limits.maxChildLots, remaining) + 1e-6);
    if (lots >= 1) this.#session.act(post, lots / remaining, guard);
  }

  /** @returns why there is no decision; undefined when there is one */
  async #ask(): Promise<string | undefined> {
    const action = this.#action.fill(Number.NaN);
    observe(this.#session, this.#observation, 0);
    try {
      await this.#floor.policy.decide(this.#observation, action, 1);
    } catch (error) {
      return isAssayError(error) ? error.code : 'ASSAY_INTERNAL';
    }
    return action.every((x) => x >= 0 && x <= 1) ? undefined : 'ASSAY_NOT_FINITE';
  }

  #filled(
    child: Child,
    lots: number,
    how: Pick<Line<'filled'>, 'ticks' | 'liquidity' | 'quoteTicks' | 'midTicks'>,
  ): void {
    const { journal, marks, feed, last } = this.#floor;
    const fill = ++last.fill;
    journal.write({ event: 'filled', fill, child: child.number, lots, timeMs: feed.timeMs, ...how });
    marks.onFill(fill, feed.timeMs);
  }

  #breach(what: string): void {
    this.#floor.journal.write({ event: 'breach', what, timeMs: this.#floor.feed.timeMs });
  }
}
