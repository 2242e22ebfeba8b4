/** The book law made ready to draw from: for each state, the events that may follow it. See profile.ts, BookLaw. */
import { AssayError } from '../core/errors.ts';
import type { BookLaw } from './profile.ts';

export interface BookChain {
  readonly law: BookLaw;
  /** Events that may follow state s: followers[offsets[s] .. offsets[s + 1]). */
  readonly offsets: Int32Array;
  readonly followers: Int32Array;
  /** Columns by event; the second half of the events are the mirror images of the first. */
  readonly dwell: Int32Array;
  readonly move: Int32Array;
  readonly spread: Int32Array;
  readonly bidLots: Int32Array;
  readonly askLots: Int32Array;
  readonly sold: Float64Array;
  readonly soldReach: Int32Array;
  readonly bought: Float64Array;
  readonly boughtReach: Int32Array;
  /** Change of the displayed sizes against the event before. */
  readonly bidChange: Int32Array;
  readonly askChange: Int32Array;
  /** Time since the touch last moved, ms, and the sign of that move, just after each event. */
  readonly age: Int32Array;
  readonly direction: Int8Array;
  /** Time since the book last changed its leaning, ms, just after each event. */
  readonly hold: Int32Array;
}

/** What the next event depends on. */
export interface BookState {
  bidLots: number;
  askLots: number;
  /** ms since the touch moved, and the sign of that move. */
  age: number;
  direction: number;
  /** ms since the book changed its leaning. */
  hold: number;
  /** Ticks. */
  spread: number;
}

export function bookChain(law: BookLaw): BookChain {
  const half = law.events.dwellSteps.length;
  if (half < 100) throw new AssayError('ASSAY_PROFILE_INVALID', { reason: `the book law has only ${half} events` });
  const columns = allocateColumns(2 * half);
  for (let k = 0; k < half; k++) {
    fillEvent(columns, law, { event: k, source: k, mirrored: false });
    fillEvent(columns, law, { event: half + k, source: k, mirrored: true });
  }
  const lists: number[][] = Array.from({ length: stateCount(law) }, () => []);
  for (let e = 0; e < 2 * half; e++) {
    if (e === half - 1 || e === 2 * half - 1) continue;
    lists[stateOf(law, eventState(columns, e))].push(e + 1);
  }
  const source = nearestStates(law, lists);
  const offsets = new Int32Array(lists.length + 1);
  const followers: number[] = [];
  for (let s = 0; s < lists.length; s++) {
    offsets[s] = followers.length;
    for (const event of lists[source[s]]) followers.push(event);
  }
  offsets[lists.length] = followers.length;
  return { law, ...columns, offsets, followers: Int32Array.from(followers) };
}

/** Number of a state. */
export function stateOf(law: BookLaw, state: BookState): number {
  const sizes = law.sizeEdges.length + 1;
  const ageClass = classOf(law.ageEdgesMs, state.age);
  const up = ageClass === 0 && state.direction > 0 ? 1 : 0;
  const size = classOf(law.sizeEdges, state.bidLots) * sizes + classOf(law.sizeEdges, state.askLots);
  const wide = size * (law.spreadEdges.length + 1) + classOf(law.spreadEdges, state.spread);
  const age = wide * (law.ageEdgesMs.length + 1) + ageClass;
  return (age * (law.holdEdgesMs.length + 1) + classOf(law.holdEdgesMs, state.hold)) * 2 + up;
}

/** Which side outweighs the other: -1 the asks, 1 the bids, 0 neither. */
export function leaningOf(bidLots: number, askLots: number): number {
  const imbalance = (bidLots - askLots) / (bidLots + askLots);
  return imbalance > LEANING ? 1 : imbalance < -LEANING ? -1 : 0;
}

const LEANING = 0.7;

/** Index of the first boundary above `value`. */
export function classOf(edges: readonly number[], value: number): number {
  let c = 0;
  while (c < edges.length && value >= edges[c]) c++;
  return c;
}

/** How many states there are. */
export function stateCount(law: BookLaw): number {
  const books = (law.sizeEdges.length + 1) ** 2 * (law.spreadEdges.length + 1);
  return books * (law.ageEdgesMs.length + 1) * (law.holdEdgesMs.length + 1) * 2;
}

/** States never seen borrow the followers of a seen one: the same sizes at another age, else the best-known state. */
function nearestStates(law: BookLaw, lists: readonly number[][]): Int32Array {
  const ages = (law.ageEdgesMs.length + 1) * (law.holdEdgesMs.length + 1) * 2;
  const best = lists.reduce((top, list, s) => (list.length > lists[top].length ? s : top), 0);
  return Int32Array.from(lists, (list, s) => {
    if (list.length > 0) return s;
    const first = s - (s % ages);
    let nearest = -1;
    for (let t = first; t < first + ages; t++) {
      if (lists[t].length > 0 && (nearest < 0 || Math.abs(t - s) < Math.abs(nearest - s))) nearest = t;
    }
    return nearest >= 0 ? nearest : best;
  });
}

type Columns = Omit<BookChain, 'law' | 'offsets' | 'followers'>;

function allocateColumns(count: number): Columns {
  return {
    dwell: new Int32Array(count),
    move: new Int32Array(count),
    spread: new Int32Array(count),
    bidLots: new Int32Array(count),
    askLots: new Int32Array(count),
    sold: new Float64Array(count),
    soldReach: new Int32Array(count),
    bought: new Float64Array(count),
    boughtReach: new Int32Array(count),
    bidChange: new Int32Array(count),
    askChange: new Int32Array(count),
    age: new Int32Array(count),
    direction: new Int8Array(count),
    hold: new Int32Array(count),
  };
}

interface EventPlace {
  readonly event: number;
  readonly source: number;
  readonly mirrored: boolean;
}

function fillEvent(columns: Columns, law: BookLaw, { event, source: k, mirrored }: EventPlace): void {
  const { events } = law;
  const [bid, ask] = mirrored ? [events.askLots, events.bidLots] : [events.bidLots, events.askLots];
  const move = mirrored ? -events.moveHalfTicks[k] : events.moveHalfTicks[k];
  const first = k === 0;
  columns.dwell[event] = events.dwellSteps[k];
  columns.move[event] = move;
  columns.spread[event] = events.spreadTicks[k];
  columns.bidLots[event] = bid[k];
  columns.askLots[event] = ask[k];
  columns.bidChange[event] = first ? 0 : bid[k] - bid[k - 1];
  columns.askChange[event] = first ? 0 : ask[k] - ask[k - 1];
  columns.sold[event] = mirrored ? events.boughtLots[k] : events.soldLots[k];
  columns.soldReach[event] = mirrored ? events.boughtReachTicks[k] : events.soldReachTicks[k];
  columns.bought[event] = mirrored ? events.soldLots[k] : events.boughtLots[k];
  columns.boughtReach[event] = mirrored ? events.soldReachTicks[k] : events.boughtReachTicks[k];
  const moved = move !== 0 || first;
  columns.age[event] = moved ? 0 : columns.age[event - 1] + events.dwellSteps[k] * law.stepMs;
  columns.direction[event] = moved ? Math.sign(move) : columns.direction[event - 1];
  const leaning = leaningOf(bid[k], ask[k]);
  const turned = first || moved || leaning !== leaningOf(bid[k - 1], ask[k - 1]);
  columns.hold[event] = turned ? 0 : columns.hold[event - 1] + events.dwellSteps[k] * law.stepMs;
}

/** The state just after an event. */
export function eventState(columns: Columns, event: number): BookState {
  return {
    bidLots: columns.bidLots[event],
    askLots: columns.askLots[event],
    age: columns.age[event],
    direction: columns.direction[event],
    hold: columns.hold[event],
    spread: columns.spread[event],
  };
}
