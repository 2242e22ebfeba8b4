/**
 * What the mid of a simulated market is expected to do until the next decision, by the state of its book: the part of its
 * moves that can be foreseen. The rest is a martingale difference: whatever was decided before it happened, it is worth
 * nothing on average, so that taking it out of a return changes no expectation and much of the noise (a martingale control
 * variate: Henderson and Glynn 2002, "Approximating martingales for variance reduction in Markov process simulation").
 */
import { streamKey } from '../core/random.ts';
import { stateCount } from '../market/book-chain.ts';
import type { ExecutionMarket } from './execution-market.ts';
import { SimulatedMarket } from './simulated-market.ts';
import { CALM } from './stress.ts';

export interface Drift {
  /** Expected change of twice the mid, ticks, by state of the book law. */
  readonly byState: Float64Array;
  /** The same for each tick by which twice the mid is above its running mean. */
  readonly reversion: number;
  /** Variance of what is not expected, ticks of twice the mid, squared, by state. */
  readonly variance: Float64Array;
}

/** Decision intervals simulated; each is seen from both sides of the book. */
const INTERVALS = 600_000;
/** A state's mean is drawn towards zero as if it had been seen this many times more with no move. */
const SHRINK = 20;
const ROUNDS = 3;

/** Moves of twice the mid, ticks, with what was known before each: its state from both sides, and how far it was from its mean. */
interface Moves {
  readonly state: Int32Array;
  readonly mirrored: Int32Array;
  readonly away: Float32Array;
  readonly move: Float32Array;
}

/** Of a stress scenario only its volatility is in the moves: depth and spread leave the book law as it is, a shock is kept out. */
type DriftMarket = Pick<ExecutionMarket, 'profile' | 'chain' | 'task' | 'stress'>;

/** Fits state and reversion in turn (backfitting) on moves over `decisionMs`. */
export function estimateDrift(market: DriftMarket, seed: number): Drift {
  const { state, mirrored, away, move } = recordMoves(market, seed);
  const byState = new Float64Array(stateCount(market.profile.book));
  let reversion = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const [sums, seen] = [new Float64Array(byState.length), new Float64Array(byState.length).fill(SHRINK)];
    for (let i = 0; i < move.length; i++) {
      const rest = move[i] - reversion * away[i];
      sums[state[i]] += rest;
      sums[mirrored[i]] -= rest;
      seen[state[i]]++;
      seen[mirrored[i]]++;
    }
    for (let s = 0; s < byState.length; s++) byState[s] = sums[s] / seen[s];
    let [xy, xx] = [0, 0];
    for (let i = 0; i < move.length; i++) {
      xy += away[i] * (move[i] - byState[state[i]]);
      xx += away[i] * away[i];
    }
    reversion = xx > 0 ? xy / xx : 0;
  }
  return { byState, reversion, variance: varianceOf({ state, mirrored, away, move }, byState, reversion) };
}

function recordMoves({ profile, chain, task, stress }: DriftMarket, seed: number): Moves {
  const market = new SimulatedMarket(profile, chain, { ...CALM, volatilityFactor: stress.volatilityFactor });
  const [state, mirrored] = [new Int32Array(INTERVALS), new Int32Array(INTERVALS)];
  const [away, move] = [new Float32Array(INTERVALS), new Float32Array(INTERVALS)];
  // Paths as long as an order, so that states are met as often as orders meet them.
  const perPath = Math.round(task.horizonMs / task.decisionMs);
  const key = streamKey(seed, 'drift');
  for (let i = 0; i < INTERVALS; i++) {
    if (i % perPath === 0) market.reset(key, i / perPath);
    state[i] = market.bookState(false);
    mirrored[i] = market.bookState(true);
    away[i] = market.awayTicks;
    const before = market.shocklessMid;
    market.advance(market.timeMs + task.decisionMs, null);
    move[i] = market.shocklessMid - before;
  }
  return { state, mirrored, away, move };
}

/** By state; one seldom seen is drawn towards the variance of all. */
function varianceOf({ state, mirrored, away, move }: Moves, byState: Float64Array, reversion: number): Float64Array {
  const squares = new Float64Array(byState.length);
  const seen = new Float64Array(byState.length);
  let all = 0;
  for (let i = 0; i < move.length; i++) {
    const square = (move[i] - byState[state[i]] - reversion * away[i]) ** 2;
    all += square / move.length;
    for (const s of [state[i], mirrored[i]]) {
      squares[s] += square;
      seen[s]++;
    }
  }
  return squares.map((sum, s) => (sum + SHRINK * all) / (seen[s] + SHRINK));
}

/**
 * Of twice the mid, until the next decision: the change to expect, ticks, and the variance around it, ticks squared.
 * @param calm drift of the market whose variance is wanted
 */
export function foresee(own: Drift, market: SimulatedMarket, calm = own) {
  const state = market.bookState(false);
  return { move: own.byState[state] + own.reversion * market.awayTicks, variance: calm.variance[state] };
}
