/**
 * The in-line gate: no child order leaves without passing it. A state machine over one parent order at a time, in numbers
 * alone; a pass allocates nothing and answers with a reason, 0 when the order may go.
 *
 * Exposure is reserved when a child is sent and released only by its terminal state (filled, cancelled), so that filled + open
 * can never be more than the parent. Every comparison is written so that NaN denies. Checks are in the order of SEC 15c3-5 and
 * MiFID II RTS 6, article 15: may we trade at all, is what we know fresh, then price, size and volume.
 */
import { AssayError } from '../core/errors.ts';

export interface GateLimits {
  /** Largest child and parent, lots. */
  readonly maxChildLots: number;
  readonly maxParentLots: number;
  /** Farthest a price may be from the mid on the side that costs, basis points. */
  readonly priceCollarBps: number;
  /**
   * Most that may be sent to take, as a share of all volume (the market's and ours) of the last `participationWindowMs`, beyond
   * the `participationFreeLots` that may always be taken. 1 leaves volume free.
   */
  readonly maxParticipation: number;
  readonly participationWindowMs: number;
  readonly participationFreeLots: number;
  /** Oldest market data on which anything is sent, ms. */
  readonly maxDataAgeMs: number;
}

export const GATE_PASS = 0;
/** Reason codes; `gateReasons[code]` names them. */
export const gateReasons = [
  'pass',
  'killed',
  'no-parent',
  'not-finite',
  'stale-data',
  'max-child',
  'price-collar',
  'conservation',
  'participation',
  'max-parent',
] as const;
export type GateReason = (typeof gateReasons)[number];
const [KILLED, NO_PARENT, NOT_FINITE, STALE, MAX_CHILD, COLLAR, CONSERVATION, PARTICIPATION, MAX_PARENT] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9,
];

/** What is asked, filled in place by the caller. */
export interface GateRequest {
  /** +1 buy, -1 sell. */
  side: number;
  lots: number;
  /** Limit, or the price at which a taker is expected to end, ticks. */
  ticks: number;
  /** Takes at once; counts towards participation. */
  taking: boolean;
  bidTicks: number;
  askTicks: number;
  nowMs: number;
  /** Time of the newest market event, ms. */
  dataMs: number;
}

/** Slots of the rolling volume window. */
const SLOTS = 32;

export class Gate {
  readonly limits: GateLimits;
  #killed = false;
  #parentLots = 0;
  #open = 0;
  #filled = 0;
  readonly #market = new Float64Array(SLOTS);
  readonly #own = new Float64Array(SLOTS);
  #slot = 0;
  #marketSum = 0;
  #ownSum = 0;

  /** @throws ASSAY_CONFIG_OUT_OF_BOUNDS when a limit is not a positive number, or a share above 1 */
  constructor(limits: GateLimits) {
    for (const [name, value] of Object.entries(limits)) {
      const least = name === 'participationFreeLots' ? value >= 0 : value > 0;
      if (!(Number.isFinite(value) && least) || (name === 'maxParticipation' && value > 1))
        throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: `limit ${name}`, reason: `it is ${value}` });
    }
    this.limits = limits;
  }

  get killed(): boolean {
    return this.#killed;
  }
  get openLots(): number {
    return this.#open;
  }
  get filledLots(): number {
    return this.#filled;
  }

  /** Nothing is sent from now on. There is no way back but a new gate. */
  kill(): void {
    this.#killed = true;
  }

  /** Begin a parent; the one before has to be terminal: nothing open. */
  openParent(lots: number): number {
    if (this.#killed) return KILLED;
    if (!Number.isFinite(lots)) return NOT_FINITE;
    if (this.#open !== 0) return CONSERVATION;
    if (!(lots > 0 && lots <= this.limits.maxParentLots)) return MAX_PARENT;
    this.#parentLots = lots;
    this.#filled = 0;
    return GATE_PASS;
  }

  /** The parent is done; nothing more can be sent for it. Refused while children are open. */
  closeParent(): number {
    if (this.#open !== 0) return CONSERVATION;
    this.#parentLots = 0;
    return GATE_PASS;
  }

  /** The market traded `lots` (either side) at `timeMs`: it widens the participation allowance. */
  onMarketVolume(lots: number, timeMs: number): void {
    if (!(lots > 0 && Number.isFinite(lots) && Number.isFinite(timeMs))) return;
    this.#roll(timeMs);
    this.#market[this.#slot % SLOTS] += lots;
    this.#marketSum += lots;
  }

  /** Judge a child and, when it passes, reserve its exposure. */
  send(request: GateRequest): number {
    const reason = this.check(request);
    if (reason !== GATE_PASS) return reason;
    this.#open += request.lots;
    if (request.taking) {
      this.#own[this.#slot % SLOTS] += request.lots;
      this.#ownSum += request.lots;
    }
    return GATE_PASS;
  }

  /** The judgement alone; changes nothing but the clock of the volume window. */
  check(request: GateRequest): number {
    const { limits } = this;
    const { side, lots, ticks, bidTicks, askTicks, nowMs, dataMs } = request;
    if (this.#killed) return KILLED;
    if (!(this.#parentLots > 0)) return NO_PARENT;
    // One sum is finite only when every term is; a missing field is undefined and makes it NaN.
    if (!Number.isFinite(side + lots + ticks + bidTicks + askTicks + nowMs + dataMs)) return NOT_FINITE;
    const age = nowMs - dataMs;
    if (!(age >= 0 && age <= limits.maxDataAgeMs)) return STALE;
    if (!(lots > 0 && lots <= limits.maxChildLots)) return MAX_CHILD;
    const mid = (bidTicks + askTicks) / 2;
    const away = (1e4 * side * (ticks - mid)) / mid;
    if (!((side === 1 || side === -1) && bidTicks > 0 && askTicks > 0 && ticks > 0)) return COLLAR;
    if (!(away <= limits.priceCollarBps)) return COLLAR;
    if (!(this.#filled + this.#open + lots <= this.#parentLots)) return CONSERVATION;
    if (request.taking !== false) {
      this.#roll(nowMs);
      const own = this.#ownSum + lots;
      const allowed = limits.participationFreeLots + limits.maxParticipation * (this.#marketSum + own);
      if (!(own <= allowed)) return PARTICIPATION;
    }
    return GATE_PASS;
  }

  /** The most that could be taken now as far as volume goes, lots; a fraction of a lot is possible. */
  takeableLots(nowMs: number): number {
    const { maxParticipation, participationFreeLots } = this.limits;
    this.#roll(nowMs);
    if (maxParticipation === 1) return Number.POSITIVE_INFINITY;
    const most = (participationFreeLots + maxParticipation * this.#marketSum) / (1 - maxParticipation);
    return Math.max(0, most - this.#ownSum);
  }

  /** A child, or a part of it, filled. False: more than was open, a breach, after which nothing is sent. */
  onFill(lots: number): boolean {
    if (!this.#release(lots)) return false;
    this.#filled += lots;
    return true;
  }

  /** A child, or a part of it, is confirmed withdrawn. False: as for a fill. */
  onCancel(lots: number): boolean {
    return this.#release(lots);
  }

  #release(lots: number): boolean {
    if (lots > 0 && lots <= this.#open) {
      this.#open -= lots;
      return true;
    }
    this.#killed = true;
    return false;
  }

  /** Let the window move on to `timeMs`; a time that runs back leaves it where it is. */
  #roll(timeMs: number): void {
    const slot = Math.floor((timeMs * SLOTS) / this.limits.participationWindowMs);
    if (slot <= this.#slot) return;
    if (slot - this.#slot >= SLOTS) {
      this.#market.fill(0);
      this.#own.fill(0);
      this.#marketSum = 0;
      this.#ownSum = 0;
    } else {
      for (let s = this.#slot + 1; s <= slot; s++) {
        const i = s % SLOTS;
        this.#marketSum -= this.#market[i];
        this.#ownSum -= this.#own[i];
        this.#market[i] = 0;
        this.#own[i] = 0;
      }
    }
    this.#slot = slot;
  }
}

/** A denial as an error, for commands. @throws never; ASSAY_FEED_STALE or ASSAY_GATE_DENIED is returned */
export function gateError(code: number, request: GateRequest, limits: GateLimits): AssayError {
  if (code === STALE)
    return new AssayError('ASSAY_FEED_STALE', {
      ageMs: request.nowMs - request.dataMs,
      limitMs: limits.maxDataAgeMs,
    });
  const reason = `${request.lots} lots at ${request.ticks} ticks`;
  return new AssayError('ASSAY_GATE_DENIED', { check: gateReasons[code] ?? 'unknown', reason });
}
