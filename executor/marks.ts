/** Notes the mid some time after each fill, while the market goes on. */
import { type JournalWriter, markoutMs } from './journal.ts';

interface Pending {
  readonly fill: number;
  readonly timeMs: number;
  readonly midTicks: (number | null)[];
}

export class Marks {
  readonly #journal: JournalWriter;
  #pending: Pending[] = [];

  constructor(journal: JournalWriter) {
    this.#journal = journal;
  }

  onFill(fill: number, timeMs: number): void {
    this.#pending.push({ fill, timeMs, midTicks: [] });
  }

  /** Until now, exclusively, the mid was `midTicks`. */
  passTo(timeMs: number, midTicks: number): void {
    if (this.#pending.length === 0) return;
    for (const pending of this.#pending)
      while (pending.midTicks.length < markoutMs.length && pending.timeMs + markoutMs[pending.midTicks.length] < timeMs)
        pending.midTicks.push(midTicks);
    this.#writeComplete();
  }

  /** The data ends at `timeMs` with this mid: what lies beyond is not known. */
  finish(timeMs: number, midTicks: number): void {
    for (const pending of this.#pending)
      for (const after of markoutMs.slice(pending.midTicks.length))
        pending.midTicks.push(pending.timeMs + after <= timeMs ? midTicks : null);
    this.#writeComplete();
  }

  #writeComplete(): void {
    const isComplete = ({ midTicks }: Pending) => midTicks.length === markoutMs.length;
    for (const { fill, midTicks } of this.#pending.filter(isComplete))
      this.#journal.write({ event: 'marked', fill, midTicks });
    this.#pending = this.#pending.filter((pending) => !isComplete(pending));
  }
}
