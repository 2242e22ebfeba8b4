/** The book law made ready to draw from: for each state, the steps that may follow it. See profile.ts, BookLaw. */
import { AssayError } from '../core/errors.ts';
import type { BookLaw } from './profile.ts';

export interface BookChain {
  readonly law: BookLaw;
  /** Steps that may follow state s: events[offsets[s] .. offsets[s + 1]). */
  readonly offsets: Int32Array;
  readonly events: Int32Array;
  /** Columns by event; the second half of the events are the mirror images of the first. */
  readonly move: Int32Array;
  readonly spread: Int32Array;
  readonly bidLots: Int32Array;
  readonly askLots: Int32Array;
  readonly sold: Float64Array;
  readonly bought: Float64Array;
  /** Steps since the touch last moved, and the sign of that move, after each event. */
  readonly age: Int32Array;
  readonly direction: Int8Array;
}

export function bookChain(law: BookLaw): BookChain {
  const { steps } = law;
  const half = steps.moveHalfTicks.length;
  if (half < 100) throw new AssayError('ASSAY_PROFILE_INVALID', { reason: `the book law has only ${half} steps` });
  const count = 2 * half;
  const chain = {
    law,
    move: new Int32Array(count),
    spread: new Int32Array(count),
    bidLots: new Int32Array(count),
    askLots: new Int32Array(count),
    sold: new Float64Array(count),
    bought: new Float64Array(count),
    age: new Int32Array(count),
    direction: new Int8Array(count),
  };
  for (let k = 0; k < half; k++) {
    fillEvent(chain, k, steps, k, false);
    fillEvent(chain, half + k, steps, k, true);
  }
  const states = stateCount(law);
  const followers: number[][] = Array.from({ length: states }, () => []);
  for (let e = 0; e < count; e++) {
    if (e === half - 1 || e === count - 1) continue;
    followers[stateOf(law, chain.bidLots[e], chain.askLots[e], chain.age[e], chain.direction[e])].push(e + 1);
  }
  const fallback = nearestStates(law, followers);
  const offsets = new Int32Array(states + 1);
  const events: number[] = [];
  for (let s = 0; s < states; s++) {
    offsets[s] = events.length;
    for (const event of followers[fallback[s]]) events.push(event);
  }
  offsets[states] = events.length;
  return { ...chain, offsets, events: Int32Array.from(events) };
}

/** State number of a book. `age` in steps since the touch moved, `direction` the sign of that move. */
export function stateOf(law: BookLaw, bidLots: number, askLots: number, age: number, direction: number): number {
  const sizes = law.sizeEdges.length + 1;
  const ages = law.ageEdges.length + 1;
  const ageClass = classOf(law.ageEdges, age);
  const up = ageClass === 0 && direction > 0 ? 1 : 0;
  return ((classOf(law.sizeEdges, bidLots) * sizes + classOf(law.sizeEdges, askLots)) * ages + ageClass) * 2 + up;
}

function stateCount(law: BookLaw): number {
  return (law.sizeEdges.length + 1) ** 2 * (law.ageEdges.length + 1) * 2;
}

function classOf(edges: readonly number[], value: number): number {
  let c = 0;
  while (c < edges.length && value >= edges[c]) c++;
  return c;
}

/** States never seen borrow the followers of a seen one: the same sizes at another age, else the best-known state. */
function nearestStates(law: BookLaw, followers: readonly number[][]): Int32Array {
  const ages = (law.ageEdges.length + 1) * 2;
  const best = followers.reduce((top, list, s) => (list.length > followers[top].length ? s : top), 0);
  return Int32Array.from(followers, (list, s) => {
    if (list.length > 0) return s;
    const first = s - (s % ages);
    let nearest = -1;
    for (let t = first; t < first + ages; t++) {
      if (followers[t].length > 0 && (nearest < 0 || Math.abs(t - s) < Math.abs(nearest - s))) nearest = t;
    }
    return nearest >= 0 ? nearest : best;
  });
}

type Columns = Omit<BookChain, 'law' | 'offsets' | 'events'>;

function fillEvent(columns: Columns, event: number, steps: BookLaw['steps'], k: number, mirrored: boolean): void {
  const move = mirrored ? -steps.moveHalfTicks[k] : steps.moveHalfTicks[k];
  columns.move[event] = move;
  columns.spread[event] = steps.spreadTicks[k];
  columns.bidLots[event] = mirrored ? steps.askLots[k] : steps.bidLots[k];
  columns.askLots[event] = mirrored ? steps.bidLots[k] : steps.askLots[k];
  columns.sold[event] = mirrored ? steps.boughtLots[k] : steps.soldLots[k];
  columns.bought[event] = mirrored ? steps.soldLots[k] : steps.boughtLots[k];
  const first = k === 0;
  columns.age[event] = move !== 0 || first ? 0 : columns.age[event - 1] + 1;
  columns.direction[event] = move !== 0 || first ? Math.sign(move) : columns.direction[event - 1];
}
