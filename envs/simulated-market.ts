/**
 * A simulated market at the touch: the calibrated book law, stepped on the reaction clock, heard by execution sessions
 * through the same three calls as a replayed capture. A path depends on its key alone, never on what is done in it.
 */
import { type StreamKey, Xoshiro128 } from '../core/random.ts';
import { type BookChain, type BookState, classOf, eventState, leaningOf, stateOf } from '../market/book-chain.ts';
import { type Decay, decayOf } from '../market/decay.ts';
import type { MarketProfile } from '../market/profile.ts';
import type { FeedListener, MarketView } from '../market/view.ts';
import { CALM, type Stress } from './stress.ts';

export class SimulatedMarket implements MarketView {
  timeMs = 0;
  bidTicks = 0;
  askTicks = 0;
  bidLots = 0;
  askLots = 0;
  /** Of the last event: lots traded by aggressive sellers and buyers, and the worst price each reached. */
  soldLots = 0;
  boughtLots = 0;
  lowTicks = 0;
  highTicks = 0;

  readonly #profile: MarketProfile;
  readonly #chain: BookChain;
  readonly #stress: Stress;
  readonly #random = new Xoshiro128();
  readonly #decay: Decay;
  readonly #state: BookState = { bidLots: 0, askLots: 0, age: 0, direction: 0, hold: 0, spread: 1 };
  /** Twice the mid, and its running mean, ticks. */
  #mid = 0;
  #mean = 0;
  #shock = 0;
  #shockSign = 1;
  /** The event that comes next, and when. */
  #next = 0;
  #nextMs = 0;

  constructor(profile: MarketProfile, chain: BookChain, stress: Stress = CALM) {
    this.#profile = profile;
    this.#chain = chain;
    this.#decay = decayOf(chain.law.reversion.timeMs);
    this.#stress = stress;
  }

  /** Begin path `index` of the family `key` in a state drawn from the law. */
  reset(key: StreamKey, index: number): void {
    const chain = this.#chain;
    this.#random.seed(key, index);
    const event = this.#random.below(chain.move.length);
    this.timeMs = 0;
    Object.assign(this.#state, eventState(chain, event));
    this.#mid = 2 * this.#profile.referenceTicks;
    this.#mean = this.#mid;
    this.#shock = 0;
    this.#shockSign = this.#random.u32() & 1 ? 1 : -1;
    this.#show(chain.spread[event]);
    this.#draw();
  }

  /** Let the market run to `timeMs` and tell `listener` each event: trades, then the quote, then the clock. */
  advance(timeMs: number, listener: FeedListener | null): void {
    while (this.#nextMs <= timeMs) {
      this.timeMs = this.#nextMs;
      this.#happen(this.#next, listener);
      this.#draw();
    }
    this.timeMs = timeMs;
  }

  /** State of the book law as it is now; `mirrored`: as seen from the other side. */
  bookState(mirrored: boolean): number {
    const { bidLots, askLots, age, direction, hold, spread } = this.#state;
    // The clocks stand at the next event already.
    const wait = this.#nextMs - this.timeMs;
    const clocks = { age: age - wait, hold: hold - wait, spread };
    const { law } = this.#chain;
    if (mirrored) return stateOf(law, { bidLots: askLots, askLots: bidLots, direction: -direction, ...clocks });
    return stateOf(law, { bidLots, askLots, direction, ...clocks });
  }

  /** Twice the mid without the shock of a stress scenario, ticks. */
  get shocklessMid(): number {
    return this.#mid - this.#shock;
  }

  /** How far twice the mid is above its running mean, ticks. */
  get awayTicks(): number {
    return this.#mid - this.#mean;
  }

  #draw(): void {
    const chain = this.#chain;
    const state = stateOf(chain.law, this.#state);
    const first = chain.offsets[state];
    this.#next = chain.followers[first + this.#random.below(chain.offsets[state + 1] - first)];
    const dwell = chain.dwell[this.#next] * chain.law.stepMs;
    this.#nextMs = this.timeMs + dwell;
    this.#state.age += dwell;
    this.#state.hold += dwell;
  }

  #happen(event: number, listener: FeedListener | null): void {
    const chain = this.#chain;
    const { sizeEdges, stepMs } = chain.law;
    const state = this.#state;
    const move = chain.move[event];
    const leaning = leaningOf(state.bidLots, state.askLots);
    // A size goes on from where it is, unless that would leave the class the law says it enters.
    const bid = state.bidLots + chain.bidChange[event];
    const ask = state.askLots + chain.askChange[event];
    const still = move === 0;
    state.bidLots = still ? intoClass(sizeEdges, bid, chain.bidLots[event]) : chain.bidLots[event];
    state.askLots = still ? intoClass(sizeEdges, ask, chain.askLots[event]) : chain.askLots[event];
    if (!still) {
      state.age = 0;
      state.direction = Math.sign(move);
    }
    if (!still || leaningOf(state.bidLots, state.askLots) !== leaning) state.hold = 0;
    state.spread = chain.spread[event];
    const keep = this.#decay.after(chain.dwell[event] * stepMs);
    this.#mean = this.#mid + keep * (this.#mean - this.#mid);
    this.#mid += this.#scaledMove(move) + this.#shockMove();
    this.lowTicks = this.bidTicks - chain.soldReach[event];
    this.highTicks = this.askTicks + chain.boughtReach[event];
    this.soldLots = chain.sold[event];
    this.boughtLots = chain.bought[event];
    this.#show(chain.spread[event]);
    if (listener === null) return;
    if (this.soldLots > 0) listener.onTrade(this.lowTicks, -this.soldLots);
    if (this.boughtLots > 0) listener.onTrade(this.highTicks, this.boughtLots);
    listener.onQuote();
    listener.onClock();
  }

  /** Beyond the touch: the calibrated depth curve, thinned by stress. */
  slippageTicks(side: 1 | -1, lots: number): number {
    const { depth } = this.#profile;
    const touch = side > 0 ? this.askLots : this.bidLots;
    if (lots <= touch) return 0;
    const beyond = interpolate(depth.lots, depth.slippageTicks, lots * this.#stress.depthDivisor);
    return beyond * (1 - touch / lots);
  }

  #scaledMove(move: number): number {
    if (move === 0) return 0;
    const { strength, scaleTicks } = this.#chain.law.reversion;
    const away = (this.#mid - this.#mean) / (2 * scaleTicks);
    const scale = Math.min(1.8, Math.max(0.2, 1 - strength * Math.sign(move) * away));
    return Math.round(move * scale * this.#stress.volatilityFactor);
  }

  /** The shock of the stress scenario, spread evenly over its rise and its half recovery; half ticks. */
  #shockMove(): number {
    const { shock } = this.#stress;
    if (shock === null) return 0;
    const target = this.#shockSign * shock.bps * 1e-4 * 2 * this.#profile.referenceTicks * shock.shape(this.timeMs);
    const move = Math.round(target - this.#shock);
    this.#shock += move;
    return move;
  }

  #show(spread: number): void {
    const stress = this.#stress;
    const wide = Math.round(spread * stress.spreadFactor);
    this.bidTicks = Math.floor((this.#mid - wide) / 2);
    this.askTicks = this.bidTicks + wide;
    this.bidLots = Math.max(1, Math.round(this.#state.bidLots / stress.depthDivisor));
    this.askLots = Math.max(1, Math.round(this.#state.askLots / stress.depthDivisor));
  }
}

/** The size nearest to `lots` in the class of `like`. */
function intoClass(edges: readonly number[], lots: number, like: number): number {
  const c = classOf(edges, like);
  const least = c === 0 ? 1 : edges[c - 1];
  const most = c === edges.length ? Number.POSITIVE_INFINITY : edges[c] - 1;
  return Math.min(most, Math.max(least, lots));
}

/** Piecewise linear through (xs, ys), continued with the last slope. */
function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  let i = 1;
  while (i < xs.length - 1 && x > xs[i]) i++;
  return ys[i - 1] + ((ys[i] - ys[i - 1]) * (x - xs[i - 1])) / (xs[i] - xs[i - 1]);
}
