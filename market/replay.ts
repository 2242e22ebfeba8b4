/**
 * A recorded stretch of a market, heard by execution sessions through the same calls as a simulated one.
 *
 * Events are grouped into steps of the reaction clock, the grid on which a market is calibrated (estimators/grid.ts): step k
 * ends at originMs + k * REACTION_MS and holds what happened since step k-1 ended. Inside a step every trade, in its order,
 * and then the quote in force at its end meet the orders as they stood when it began; then the clock ticks, and they may
 * react. Steps in which nothing changed are silent.
 *
 * What is read here cannot be moved by us: own impact is the session's.
 */
import { AssayError } from '../core/errors.ts';
import { DepthBehind } from './depth-behind.ts';
import { type BookTape, TRADE } from './tape.ts';
import { type FeedListener, type MarketView, REACTION_MS } from './view.ts';

export interface Segment {
  /** Times of the tape, ms; left out: from its first complete quote, to its last event. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export class ReplayFeed implements MarketView {
  timeMs = 0;
  bidTicks = 0;
  askTicks = 0;
  bidLots = 0;
  askLots = 0;
  /** Time of the last event at which the book was known; the age of what is known is `timeMs - eventMs`. */
  eventMs = 0;
  /** Somebody asked for more than was recorded: `timeMs` stands at `endMs`, and nothing of an unfinished order is settled. */
  ended = false;
  /** First complete quote of the segment, and the end of its last whole step, ms. */
  readonly originMs: number;
  readonly endMs: number;

  readonly #source: BookTape;
  readonly #depth = new DepthBehind();
  /** Next row and next change that have not happened yet. */
  #row = 0;
  #change = 0;
  readonly #trades: number[] = [];

  /** @throws ASSAY_DATASET_QUALITY when time runs backwards or is not finite, or no complete quote lies in the segment */
  constructor(source: BookTape, { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: Segment = {}) {
    const { tape } = source;
    for (let i = 0; i < tape.length; i++)
      if (!(Number.isFinite(tape.timeMs[i]) && (i === 0 || tape.timeMs[i] >= tape.timeMs[i - 1])))
        throw new AssayError('ASSAY_DATASET_QUALITY', { reason: `event ${i} is at ${tape.timeMs[i]} ms` });
    let first = 0;
    while (first < tape.length && !(tape.timeMs[first] >= fromMs && isComplete(source, first))) first++;
    let last = tape.length - 1;
    while (last >= 0 && !(tape.timeMs[last] <= toMs)) last--;
    if (first > last) throw new AssayError('ASSAY_DATASET_QUALITY', { reason: 'no complete quote in this segment' });
    this.#source = source;
    this.originMs = tape.timeMs[first];
    this.endMs =
      this.originMs + REACTION_MS * Math.floor((Math.min(toMs, tape.timeMs[last]) - this.originMs) / REACTION_MS);
    this.seek(this.originMs);
  }

  /** Show the market as it stood at the last clock tick not after `startMs`; nobody is told. @throws ASSAY_CONFIG_OUT_OF_BOUNDS outside the segment */
  seek(startMs: number): void {
    if (!(startMs >= this.originMs && startMs <= this.endMs))
      throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', {
        where: 'start of a replay',
        reason: `${startMs} ms is not within ${this.originMs} to ${this.endMs} ms`,
      });
    const timeMs = this.originMs + REACTION_MS * Math.floor((startMs - this.originMs) / REACTION_MS);
    if (timeMs < this.timeMs || this.#row === 0) {
      this.#row = 0;
      this.#change = 0;
      this.#depth.clear();
    }
    this.ended = false;
    this.timeMs = timeMs;
    this.#consume(timeMs);
  }

  /** Let the recording run to `timeMs`, or to its end, and tell `listener` each step: trades, then the quote, then the clock. */
  advance(timeMs: number, listener: FeedListener | null): void {
    if (!(timeMs >= this.timeMs))
      throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: 'replay', reason: `time runs to ${timeMs} ms` });
    const until = Math.min(timeMs, this.endMs);
    const { tape } = this.#source;
    while (this.#row < tape.length) {
      const stepEnd = this.#stepEnd(tape.timeMs[this.#row]);
      if (stepEnd > until) break;
      this.timeMs = stepEnd;
      if (this.#consume(stepEnd) && listener !== null) this.#tell(listener);
    }
    this.timeMs = until;
    if (timeMs > this.endMs) this.ended = true;
  }

  slippageTicks(side: 1 | -1, lots: number): number {
    return this.#depth.slippageTicks(this, side, lots);
  }

  /** End of the step that an event at `eventMs` belongs to. */
  #stepEnd(eventMs: number): number {
    let k = Math.max(1, Math.ceil((eventMs - this.originMs) / REACTION_MS));
    // The comparison decides, not the division's rounding.
    while (this.originMs + k * REACTION_MS < eventMs) k++;
    while (k > 1 && this.originMs + (k - 1) * REACTION_MS >= eventMs) k--;
    return this.originMs + k * REACTION_MS;
  }

  /** Take in everything up to and at `endMs`; true when a trade printed or the quote is another one. */
  #consume(endMs: number): boolean {
    const { tape, changes } = this.#source;
    this.#trades.length = 0;
    let shown = -1;
    for (; this.#row < tape.length && tape.timeMs[this.#row] <= endMs; this.#row++) {
      const row = this.#row;
      if (tape.kind[row] === TRADE) this.#trades.push(row);
      if (!isComplete(this.#source, row)) continue;
      shown = row;
      this.eventMs = tape.timeMs[row];
    }
    for (; this.#change < changes.length && changes.row[this.#change] < this.#row; this.#change++) {
      const i = this.#change;
      this.#depth.set(changes.side[i], changes.ticks[i], changes.lots[i]);
    }
    if (shown < 0) return this.#trades.length > 0;
    const same =
      tape.bidTicks[shown] === this.bidTicks &&
      tape.askTicks[shown] === this.askTicks &&
      tape.bidLots[shown] === this.bidLots &&
      tape.askLots[shown] === this.askLots;
    this.bidTicks = tape.bidTicks[shown];
    this.askTicks = tape.askTicks[shown];
    this.bidLots = tape.bidLots[shown];
    this.askLots = tape.askLots[shown];
    return !same || this.#trades.length > 0;
  }

  #tell(listener: FeedListener): void {
    const { tape } = this.#source;
    for (const row of this.#trades) listener.onTrade(tape.tradeTicks[row], tape.tradeLots[row]);
    listener.onQuote();
    listener.onClock();
  }
}

/** A row whose book is not known shows nothing; what was known stays in force. */
function isComplete({ tape }: BookTape, row: number): boolean {
  return tape.bidTicks[row] > 0 && tape.askTicks[row] > 0;
}
