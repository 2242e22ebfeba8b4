/**
 * Reads a journal back and holds it to its own arithmetic: no child without room in its parent, no fill or withdrawal beyond a
 * child, nothing open at a close. A journal that a crash cut off is read as far as it goes.
 */
import { AssayError } from '../core/errors.ts';
import { parseCanonicalJson } from '../core/strict-json.ts';
import type { GateReason } from '../risk/gate.ts';
import { type JournalLine, journalLineSchema, type Line } from './journal.ts';

export interface JournaledFill extends Line<'filled'> {
  /** Mids 1, 5 and 10 s later; null where not known. */
  readonly midsLater: readonly (number | null)[];
}

export interface JournaledParent {
  readonly opened: Line<'opened'>;
  readonly fills: readonly JournaledFill[];
  /** Absent when the journal ends before. */
  readonly closed?: Line<'closed'>;
}

export interface JournaledRun {
  readonly begin: Line<'begin'>;
  readonly parents: readonly JournaledParent[];
  readonly sent: Readonly<Record<'limit' | 'market', { readonly children: number; readonly lots: number }>>;
  readonly cancelledLots: number;
  /** How often, by reason. */
  readonly denied: Readonly<Partial<Record<GateReason, number>>>;
  readonly undecided: Readonly<Record<string, number>>;
  readonly breaches: number;
  /** The run came to its end. */
  readonly complete: boolean;
}

/** @throws ASSAY_JOURNAL_INVALID */
export function readJournal(bytes: Uint8Array): JournaledRun {
  const texts = Buffer.from(bytes).toString('utf8').split('\n');
  // What follows the last line end was cut off while it was written.
  const [first, ...rest] = texts.slice(0, -1).map(parseLine);
  if (first?.event !== 'begin') throw invalid(1, 'it does not begin');
  const reader = new Reader(first);
  for (const [i, line] of rest.entries()) {
    const fault = reader.take(line);
    if (fault !== undefined) throw invalid(i + 2, fault);
  }
  return reader.result();
}

function parseLine(text: string, index: number): JournalLine {
  let value: unknown;
  try {
    value = parseCanonicalJson(text);
  } catch {
    throw invalid(index + 1, 'no canonical JSON');
  }
  const parsed = journalLineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(index + 1, `${issue.path.join('.') || 'top'}: ${issue.message}`);
}

type Draft = { opened: Line<'opened'>; fills: JournaledFill[]; closed?: Line<'closed'> };

class Reader {
  readonly #begin: Line<'begin'>;
  readonly #parents: Draft[] = [];
  readonly #fills = new Map<number, { parent: Draft; index: number }>();
  /** Lots that each child still has open. */
  readonly #open = new Map<number, number>();
  readonly #sent = { limit: { children: 0, lots: 0 }, market: { children: 0, lots: 0 } };
  readonly #denied: Partial<Record<GateReason, number>> = {};
  readonly #undecided: Record<string, number> = {};
  #cancelledLots = 0;
  #breaches = 0;
  #children = 0;
  #reason: GateReason | undefined;
  #timeMs = Number.NEGATIVE_INFINITY;
  #complete = false;

  constructor(begin: Line<'begin'>) {
    this.#begin = begin;
  }

  /** @returns what is wrong with the line, where it is; undefined when nothing is */
  take(line: JournalLine): string | undefined {
    if (this.#complete) return 'it goes on after its end';
    if ('timeMs' in line) {
      if (!(line.timeMs >= this.#timeMs)) return 'time runs back';
      this.#timeMs = line.timeMs;
    }
    switch (line.event) {
      case 'begin':
        return 'it begins twice';
      case 'opened':
        return this.#opened(line);
      case 'sent':
        return this.#sentOne(line);
      case 'denied':
        this.#reason = line.reason;
        count(this.#denied, line.reason, 1);
        return undefined;
      case 'denied-again':
        if (this.#reason === undefined) return 'there was no denial before';
        count(this.#denied, this.#reason, line.times);
        return undefined;
      case 'undecided':
        count(this.#undecided, line.reason, 1);
        return undefined;
      case 'filled':
        return this.#filled(line);
      case 'cancelled':
        this.#cancelledLots += line.lots;
        return this.#release(line.child, line.lots);
      case 'breach':
        this.#breaches++;
        return undefined;
      case 'closed':
        return this.#closed(line);
      case 'marked':
        return this.#marked(line);
      case 'end':
        this.#complete = true;
        return line.parents === this.#parents.length ? undefined : `it tells of ${this.#parents.length} orders`;
      default:
        return line satisfies never;
    }
  }

  result(): JournaledRun {
    return {
      begin: this.#begin,
      parents: this.#parents,
      sent: this.#sent,
      cancelledLots: this.#cancelledLots,
      denied: this.#denied,
      undecided: this.#undecided,
      breaches: this.#breaches,
      complete: this.#complete,
    };
  }

  get #atWork(): Draft | undefined {
    const last = this.#parents.at(-1);
    return last?.closed === undefined ? last : undefined;
  }

  #opened(line: Line<'opened'>): string | undefined {
    if (this.#atWork !== undefined) return 'the order before is not closed';
    this.#parents.push({ opened: line, fills: [] });
    return line.parent === this.#parents.length ? undefined : `it is order ${this.#parents.length}`;
  }

  #sentOne({ child, kind, lots }: Line<'sent'>): string | undefined {
    const parent = this.#atWork;
    if (parent === undefined) return 'no order is open';
    if (child !== ++this.#children) return `it is child ${this.#children}`;
    this.#open.set(child, lots);
    this.#sent[kind].children++;
    this.#sent[kind].lots += lots;
    const exposed = filledOf(parent) + this.#openLots();
    return exposed <= parent.opened.lots ? undefined : `${exposed} lots of ${parent.opened.lots} are filled or open`;
  }

  #filled(line: Line<'filled'>): string | undefined {
    const parent = this.#atWork;
    if (parent === undefined) return 'no order is open';
    if (line.fill !== this.#fills.size + 1) return `it is fill ${this.#fills.size + 1}`;
    this.#fills.set(line.fill, { parent, index: parent.fills.length });
    parent.fills.push({ ...line, midsLater: [] });
    return this.#release(line.child, line.lots);
  }

  #closed(line: Line<'closed'>): string | undefined {
    const parent = this.#atWork;
    if (parent === undefined || parent.opened.parent !== line.parent) return 'this order is not open';
    if (this.#openLots() > 0) return `${this.#openLots()} lots are still open`;
    parent.closed = line;
    const unfilled = parent.opened.lots - filledOf(parent);
    return line.unfilledLots === unfilled ? undefined : `${unfilled} lots are unfilled`;
  }

  #marked({ fill, midTicks }: Line<'marked'>): string | undefined {
    const found = this.#fills.get(fill);
    if (found === undefined) return `there is no fill ${fill}`;
    const { parent, index } = found;
    parent.fills[index] = { ...parent.fills[index], midsLater: midTicks };
    return undefined;
  }

  #release(child: number, lots: number): string | undefined {
    const left = (this.#open.get(child) ?? 0) - lots;
    if (left < 0) return `child ${child} has not so many lots open`;
    if (left === 0) this.#open.delete(child);
    else this.#open.set(child, left);
    return undefined;
  }

  #openLots(): number {
    return [...this.#open.values()].reduce((sum, lots) => sum + lots, 0);
  }
}

function filledOf({ fills }: Draft): number {
  return fills.reduce((sum, { lots }) => sum + lots, 0);
}

function count<What extends string>(counts: Partial<Record<What, number>>, what: What, times: number): void {
  counts[what] = (counts[what] ?? 0) + times;
}

function invalid(line: number, reason: string): AssayError {
  return new AssayError('ASSAY_JOURNAL_INVALID', { reason: `line ${line}: ${reason}` });
}
