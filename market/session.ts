/**
 * One parent order at work in one market: its resting children and their places in the queue, fills, fees, the price
 * impact it causes, and its forced completion at the horizon. Simulator, validation and live executor all run this.
 *
 * Prices inside are in the order's own frame: a buyer's are ticks, a seller's are negated ticks, so that lower is
 * always better, the near touch is where the order rests and the far touch is what it pays to cross.
 *
 * Fill rules, pessimistic by default (compare hftbacktest's risk-averse queue model):
 * - a child joins behind everything displayed; only trades at its price and a shrinking display move it forward;
 * - a trade through its price fills it up to the traded size; the far touch reaching its price fills it whole;
 * - it follows the near touch on the reaction clock and then loses its place.
 */
import { type Decay, decayOf } from './decay.ts';
import { Recent } from './recent.ts';
import type { FeedListener, MarketView } from './view.ts';

export interface ParentOrder {
  /** +1 buy, -1 sell. */
  readonly side: 1 | -1;
  /** Lots to execute. */
  readonly lots: number;
  readonly horizonMs: number;
}

export interface ExecutionCosts {
  /** Basis points of the traded notional, from the venue's fee table. */
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
  /** Own taking moves the price by this many ticks a lot; it decays with `impactDecayMs` ... */
  readonly transientTicksPerLot: number;
  readonly impactDecayMs: number;
  /** ... except for this many ticks a lot, which stay. */
  readonly permanentTicksPerLot: number;
}

export interface Fill {
  readonly timeMs: number;
  readonly lots: number;
  /** Price paid or received, ticks (own impact included). */
  readonly ticks: number;
  /** Mid at the time, own impact excluded. */
  readonly midTicks: number;
  readonly liquidity: 'maker' | 'taker';
}

/** Told of everything the session sends and receives; the executor's gate and journal listen here. */
export interface SessionListener {
  /** Before a child is sent; false denies it. */
  admit?(child: { kind: 'limit' | 'market'; lots: number; ticks: number }): boolean;
  onFill?(fill: Fill): void;
  onCancel?(lots: number, ticks: number): void;
}

const MAX_CHILDREN = 24;

export class ExecutionSession implements FeedListener {
  readonly view: MarketView;
  readonly costs: ExecutionCosts;
  readonly listener: SessionListener | undefined;
  readonly recent: Recent;
  /** Whoever shares `recent` starts and tells it. */
  readonly #shares: boolean;

  side: 1 | -1 = 1;
  lots = 0;
  remaining = 0;
  startMs = 0;
  horizonMs = 0;
  /** Mid at arrival, ticks. */
  arrivalTicks = 0;
  /** Shortfall so far against the arrival mid, basis points of the arrival notional: price part and fee part. */
  priceBps = 0;
  feeBps = 0;
  makerLots = 0;
  takerLots = 0;
  #restingTicks = 0;
  #restingPaid = 0;
  #children = 0;
  readonly #childLots = new Float64Array(MAX_CHILDREN);
  readonly #childAhead = new Float64Array(MAX_CHILDREN);
  #resting = 0;
  #transient = 0;
  #permanent = 0;
  /** When the transient part was last looked at. */
  #impactMs = 0;
  readonly #decay: Decay;
  /** The decision in force: lots to rest, and the imbalance below which nothing rests. */
  #target = 0;
  #guard = 1;

  /** @param market what the order sees; a Recent is shared by orders of one side that arrive together, its owner starts and tells it first */
  constructor(market: MarketView | Recent, costs: ExecutionCosts, listener?: SessionListener) {
    this.#shares = market instanceof Recent;
    this.recent = market instanceof Recent ? market : new Recent(market);
    this.view = this.recent.view;
    this.costs = costs;
    this.listener = listener;
    this.#decay = decayOf(costs.impactDecayMs);
  }

  /** Begin a parent order in the market as the view shows it now. */
  start(order: ParentOrder): void {
    this.side = order.side;
    this.lots = order.lots;
    this.remaining = order.lots;
    this.horizonMs = order.horizonMs;
    this.startMs = this.view.timeMs;
    this.arrivalTicks = (this.view.bidTicks + this.view.askTicks) / 2;
    this.priceBps = 0;
    this.feeBps = 0;
    this.makerLots = 0;
    this.takerLots = 0;
    this.#children = 0;
    this.#resting = 0;
    this.#transient = 0;
    this.#permanent = 0;
    this.#target = 0;
    this.#guard = 1;
    if (!this.#shares) this.recent.start(order.side);
  }

  get near(): number {
    return this.side > 0 ? this.view.bidTicks : -this.view.askTicks;
  }
  get far(): number {
    return this.side > 0 ? this.view.askTicks : -this.view.bidTicks;
  }
  get mid(): number {
    return (this.view.bidTicks + this.view.askTicks) / 2;
  }
  /** What the market did lately, in the order's own frame: see recent.ts. */
  get marketLots(): number {
    return this.recent.marketLots;
  }
  get opposingFlow(): number {
    return this.recent.opposingFlow;
  }
  get supportingFlow(): number {
    return this.recent.supportingFlow;
  }
  get movedMs(): number {
    return this.recent.movedMs;
  }
  get movedTicks(): number {
    return this.recent.movedTicks;
  }
  get imbalanceMean(): number {
    return this.recent.imbalanceMean;
  }
  /** How far the mid is beyond its mean of the last seconds, basis points, positive against us. */
  get trendBps(): number {
    return (this.side * (this.mid - this.recent.midMean) * 1e4) / this.arrivalTicks;
  }
  get nearLots(): number {
    return this.side > 0 ? this.view.bidLots : this.view.askLots;
  }
  get farLots(): number {
    return this.side > 0 ? this.view.askLots : this.view.bidLots;
  }
  /** (near - far) / (near + far) displayed at the touch, in [-1, 1]: positive when the price is likely to move away from us. */
  get imbalance(): number {
    const near = this.nearLots;
    const far = this.farLots;
    return near + far > 0 ? (near - far) / (near + far) : 0;
  }
  /** Own price impact in force, ticks against us. */
  get impactTicks(): number {
    return this.#transient + this.#permanent;
  }
  get restingLots(): number {
    return this.#resting;
  }
  /** Displayed lots in front of our first resting child. */
  get aheadLots(): number {
    return this.#children > 0 ? this.#childAhead[0] : 0;
  }
  get elapsedMs(): number {
    return this.view.timeMs - this.startMs;
  }
  get finished(): boolean {
    return this.remaining <= 0;
  }
  /** Implementation shortfall so far, basis points of the arrival notional, fees included. */
  get shortfallBps(): number {
    return this.priceBps + this.feeBps;
  }

  /** The shortfall if what is left were done at the mid as it is now, without fees. */
  get markedBps(): number {
    if (this.remaining <= 0) return this.shortfallBps;
    const drift = this.side * (1 - this.arrivalTicks / this.mid);
    return this.shortfallBps + 1e4 * (this.remaining / this.lots) * drift;
  }

  onTrade(ticks: number, lots: number): void {
    if (!this.#shares) this.recent.onTrade(ticks, lots);
    if (this.#resting <= 0 || lots > 0 === this.side > 0) return;
    const size = Math.abs(lots);
    const price = this.side * ticks;
    if (price < this.#restingTicks) this.#fillFront(size);
    else if (price === this.#restingTicks) this.#advanceQueue(size);
  }

  onQuote(): void {
    if (!this.#shares) this.recent.onQuote();
    if (this.#resting <= 0) return;
    if (this.far <= this.#restingTicks) {
      this.#fillFront(this.#resting);
    } else if (this.near === this.#restingTicks) {
      const displayed = this.nearLots;
      for (let i = 0; i < this.#children; i++) if (this.#childAhead[i] > displayed) this.#childAhead[i] = displayed;
    }
  }

  onClock(): void {
    if (!this.#shares) this.recent.onClock();
    if (this.#transient !== 0) this.#settleImpact();
    this.#rest();
  }

  #settle(): void {
    this.recent.settle();
    this.#settleImpact();
  }

  /** Let the transient impact pass the time since it was last looked at. */
  #settleImpact(): void {
    const ms = this.view.timeMs - this.#impactMs;
    this.#impactMs = this.view.timeMs;
    if (ms > 0 && this.#transient !== 0) this.#transient *= this.#decay.after(ms);
  }

  /**
   * Carry out a decision; it stays in force until the next one.
   * @param post fraction of the remaining quantity to rest at the near touch, [0, 1].
   * @param cross fraction of the remaining quantity to take now, [0, 1]; rounded down to lots, at least one.
   * @param guard withdraw what rests, at reaction speed, while the imbalance is below minus this; 1 never withdraws.
   * NaN denies: nothing is posted and nothing is taken.
   */
  act(post: number, cross: number, guard: number): void {
    if (this.remaining <= 0) return;
    this.#settle();
    if (cross > 0) {
      const lots = Math.min(this.remaining, Math.max(1, Math.floor(cross * this.remaining + 1e-6)));
      this.#resize(Math.min(this.#resting, this.remaining - lots));
      this.#take(lots);
    }
    this.#target = post > 0 ? Math.min(this.remaining, Math.floor(post * this.remaining + 1e-6)) : 0;
    this.#guard = guard >= 0 ? guard : 0;
    this.#rest();
  }

  /** The horizon is reached: withdraw what rests and cross what is left. */
  complete(): void {
    this.#settle();
    this.#target = 0;
    this.#resize(0);
    if (this.remaining > 0) this.#take(this.remaining);
  }

  /** Bring what rests in line with the decision in force and the touch as it is now. */
  #rest(): void {
    const target = this.#guard < 1 && this.imbalance < -this.#guard ? 0 : Math.min(this.#target, this.remaining);
    this.#resize(target);
    if (this.#resting > 0 && this.near !== this.#restingTicks) this.#repeg();
  }

  #resize(target: number): void {
    if (target > this.#resting) this.#post(target - this.#resting);
    else if (target < this.#resting) this.#withdraw(this.#resting - target);
  }

  #post(lots: number): void {
    const ticks = this.near;
    if (this.#resting > 0 && ticks !== this.#restingTicks) {
      lots += this.#resting;
      this.#withdraw(this.#resting);
    }
    if (this.listener?.admit?.({ kind: 'limit', lots, ticks: this.side * ticks }) === false) return;
    if (this.#children === 0) {
      this.#restingTicks = ticks;
      this.#restingPaid = ticks + this.impactTicks;
    }
    if (this.#children === MAX_CHILDREN) {
      this.#childLots[MAX_CHILDREN - 1] += lots;
      this.#childAhead[MAX_CHILDREN - 1] = this.nearLots;
    } else {
      this.#childLots[this.#children] = lots;
      this.#childAhead[this.#children] = this.nearLots;
      this.#children++;
    }
    this.#resting += lots;
  }

  /** Newest first, so that the places in front are kept. */
  #withdraw(lots: number): void {
    this.listener?.onCancel?.(lots, this.side * this.#restingTicks);
    this.#resting -= lots;
    for (let left = lots; left > 0 && this.#children > 0; ) {
      const last = this.#children - 1;
      const cut = Math.min(left, this.#childLots[last]);
      this.#childLots[last] -= cut;
      left -= cut;
      if (this.#childLots[last] <= 0) this.#children--;
    }
  }

  #repeg(): void {
    const lots = this.#resting;
    this.#withdraw(lots);
    this.#post(lots);
  }

  /** Trades of `size` lots at our price: first the queue in front, then us. Children stand in order of arrival. */
  #advanceQueue(size: number): void {
    let reach = 0;
    for (let i = 0; i < this.#children; i++) {
      const over = size - this.#childAhead[i];
      this.#childAhead[i] = Math.max(0, -over);
      if (over > 0) reach = Math.max(reach, Math.min(over - reach, this.#childLots[i]) + reach);
    }
    if (reach > 0) this.#fillFront(reach);
  }

  #fillFront(size: number): void {
    let left = Math.min(size, this.#resting);
    if (left <= 0) return;
    this.#resting -= left;
    this.#target = Math.max(0, this.#target - left);
    this.#record(left, this.#restingPaid, 'maker');
    let kept = 0;
    for (let i = 0; i < this.#children; i++) {
      const cut = Math.min(left, this.#childLots[i]);
      left -= cut;
      const lots = this.#childLots[i] - cut;
      if (lots <= 0) continue;
      this.#childLots[kept] = lots;
      this.#childAhead[kept] = this.#childAhead[i];
      kept++;
    }
    this.#children = kept;
  }

  #take(lots: number): void {
    const price = this.far + this.impactTicks + this.view.slippageTicks(this.side, lots);
    if (this.listener?.admit?.({ kind: 'market', lots, ticks: this.side * price }) === false) return;
    this.#transient += lots * this.costs.transientTicksPerLot;
    this.#permanent += lots * this.costs.permanentTicksPerLot;
    this.#record(lots, price, 'taker');
  }

  /** Inverse contract: each lot is worth `lotUsd / price` coin, so the shortfall of a fill is side * (1 - p0 / p). */
  #record(lots: number, ownTicks: number, liquidity: 'maker' | 'taker'): void {
    const ticks = this.side * ownTicks;
    const relative = this.arrivalTicks / ticks;
    const share = lots / this.lots;
    const fee = liquidity === 'maker' ? this.costs.makerFeeBps : this.costs.takerFeeBps;
    this.priceBps += 1e4 * share * this.side * (1 - relative);
    this.feeBps += share * fee * relative;
    this.remaining -= lots;
    if (liquidity === 'maker') this.makerLots += lots;
    else this.takerLots += lots;
    this.listener?.onFill?.({ timeMs: this.view.timeMs, lots, ticks, midTicks: this.mid, liquidity });
  }
}
