/**
 * What the market did since an order arrived and in the last seconds, seen from the order's side: the part of its observation
 * that nothing it does can change. Orders of one side that arrive together may share one.
 */
import { decayOf } from './decay.ts';
import type { FeedListener, MarketView } from './view.ts';

const FLOW = decayOf(5000);
const IMBALANCE = decayOf(1000);
const TREND = decayOf(2000);

export class Recent implements FeedListener {
  readonly view: MarketView;
  side: 1 | -1 = 1;
  /** All volume the market traded since the arrival, lots, ours excluded. */
  marketLots = 0;
  /** Volume that the opposite side's aggressors brought, decaying over 5 s, lots. */
  opposingFlow = 0;
  supportingFlow = 0;
  /** When and by how much (own frame, ticks) the near touch last moved. */
  movedMs = 0;
  movedTicks = 0;
  /** Exponential mean of the touch imbalance over 1 s. */
  imbalanceMean = 0;
  /** Exponential mean of the mid over 2 s, ticks. */
  midMean = 0;

  #lastNear = 0;
  #lastImbalance = 0;
  #lastMid = 0;
  #settledMs = 0;

  constructor(view: MarketView) {
    this.view = view;
  }

  /** Begin with the market as the view shows it now. */
  start(side: 1 | -1): void {
    const { timeMs } = this.view;
    this.side = side;
    this.marketLots = 0;
    this.opposingFlow = 0;
    this.supportingFlow = 0;
    this.movedMs = timeMs;
    this.movedTicks = 0;
    this.#lastNear = this.near;
    this.#lastMid = this.mid;
    this.midMean = this.#lastMid;
    this.#lastImbalance = this.imbalance;
    this.imbalanceMean = this.#lastImbalance;
    this.#settledMs = timeMs;
  }

  get near(): number {
    return this.side > 0 ? this.view.bidTicks : -this.view.askTicks;
  }
  get mid(): number {
    return (this.view.bidTicks + this.view.askTicks) / 2;
  }
  /** (near - far) / (near + far) displayed at the touch, in [-1, 1]; 0 when nothing is displayed. */
  get imbalance(): number {
    const { bidLots, askLots } = this.view;
    const near = this.side > 0 ? bidLots : askLots;
    const far = this.side > 0 ? askLots : bidLots;
    return near + far > 0 ? (near - far) / (near + far) : 0;
  }

  onTrade(_ticks: number, lots: number): void {
    const size = Math.abs(lots);
    this.marketLots += size;
    if (lots > 0 === this.side > 0) this.supportingFlow += size;
    else this.opposingFlow += size;
  }

  onQuote(): void {
    const near = this.near;
    if (near === this.#lastNear) return;
    this.movedTicks = near - this.#lastNear;
    this.movedMs = this.view.timeMs;
    this.#lastNear = near;
  }

  onClock(): void {
    this.settle();
    this.#lastImbalance = this.imbalance;
    this.#lastMid = this.mid;
  }

  /** Let the decaying quantities pass the time since they were last looked at. */
  settle(): void {
    const ms = this.view.timeMs - this.#settledMs;
    if (ms <= 0) return;
    this.#settledMs = this.view.timeMs;
    const flow = FLOW.after(ms);
    this.opposingFlow *= flow;
    this.supportingFlow *= flow;
    this.imbalanceMean += (1 - IMBALANCE.after(ms)) * (this.#lastImbalance - this.imbalanceMean);
    this.midMean += (1 - TREND.after(ms)) * (this.#lastMid - this.midMean);
  }
}
