/**
 * A stretch of one venue's market, in real event order, as struct of arrays. Captures and simulated markets are both
 * written as tapes, so that one set of estimators measures either.
 *
 * Row i is one event; the four quote columns are the best bid and ask in force just after it. Before the first quote
 * (0 ticks) the book is not known and nothing may be inferred.
 */
export interface Tape {
  readonly length: number;
  /** Exchange time, ms since 1970 (captures) or since the start (simulations); never decreases. */
  readonly timeMs: Float64Array;
  readonly kind: Uint8Array;
  readonly bidTicks: Int32Array;
  readonly bidLots: Int32Array;
  readonly askTicks: Int32Array;
  readonly askLots: Int32Array;
  /** Price of the trade, ticks; 0 unless `kind` is TRADE. */
  readonly tradeTicks: Int32Array;
  /** Size of the trade in lots, positive when the buyer was the aggressor, negative when the seller was; else 0. */
  readonly tradeLots: Int32Array;
}

/** `Tape.kind` */
export const QUOTE = 0;
export const TRADE = 1;

/** Changes of single price levels between the events of a tape, for replaying the whole book. */
export interface LevelChanges {
  readonly length: number;
  /** The change is in force from just before this row of the tape. Never decreases. */
  readonly row: Int32Array;
  /** +1 bid, -1 ask. */
  readonly side: Int8Array;
  readonly ticks: Int32Array;
  /** New size of the level in lots; 0 removes it. */
  readonly lots: Int32Array;
}

/** A tape together with the changes of the book behind its best quotes. */
export interface BookTape {
  readonly tape: Tape;
  readonly changes: LevelChanges;
}

export function allocateTape(length: number): Tape {
  return {
    length,
    timeMs: new Float64Array(length),
    kind: new Uint8Array(length),
    bidTicks: new Int32Array(length),
    bidLots: new Int32Array(length),
    askTicks: new Int32Array(length),
    askLots: new Int32Array(length),
    tradeTicks: new Int32Array(length),
    tradeLots: new Int32Array(length),
  };
}

/** Rows [from, to) as a view of the same memory. */
export function sliceTape(tape: Tape, from: number, to: number): Tape {
  return {
    length: to - from,
    timeMs: tape.timeMs.subarray(from, to),
    kind: tape.kind.subarray(from, to),
    bidTicks: tape.bidTicks.subarray(from, to),
    bidLots: tape.bidLots.subarray(from, to),
    askTicks: tape.askTicks.subarray(from, to),
    askLots: tape.askLots.subarray(from, to),
    tradeTicks: tape.tradeTicks.subarray(from, to),
    tradeLots: tape.tradeLots.subarray(from, to),
  };
}

/** The rows in [fromMs, toMs], with the book as the time before them built it: earlier changes are in force from the first row. */
export function cutBookTape(
  { tape, changes }: BookTape,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): BookTape {
  let from = 0;
  while (from < tape.length && tape.timeMs[from] < fromMs) from++;
  let to = from;
  while (to < tape.length && tape.timeMs[to] <= toMs) to++;
  let length = 0;
  while (length < changes.length && changes.row[length] < to) length++;
  return {
    tape: sliceTape(tape, from, to),
    changes: {
      length,
      row: changes.row.slice(0, length).map((row) => Math.max(0, row - from)),
      side: changes.side.subarray(0, length),
      ticks: changes.ticks.subarray(0, length),
      lots: changes.lots.subarray(0, length),
    },
  };
}
