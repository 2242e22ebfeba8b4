/**
 * What the demo shows while it plays. On a terminal, steps under way are lines at the bottom that are redrawn in place;
 * piped, a step's lines come out when all that was begun before it is over, so that the same story gives the same lines.
 */
import { styleText } from 'node:util';
import type { StageProgress } from '../../activities/types.ts';
import { clip, describe, figures } from '../progress.ts';

export interface BoardOptions {
  readonly stream: NodeJS.WriteStream;
  /** @default whether the stream is a terminal */
  readonly tty?: boolean;
  /** Milliseconds. @default Date.now */
  readonly now?: () => number;
}

export interface Board {
  heading(text: string): void;
  /** A line that stays. */
  say(text: string): void;
  /** A line that lives until it is done. */
  step(title: string, shown?: Shown): Step;
  /** Leaves the terminal clean; nothing is shown afterwards. */
  close(): void;
}

/** What is printed of a step when piped, whoever looked when: everything listed, in this order, and nothing else. */
export interface Shown {
  readonly stages: readonly string[];
  /** Stages of which every quarter is printed. */
  readonly quarters?: readonly string[];
}

export interface Step {
  /** `beat` is absent while the stage waits for its turn. */
  tell(stage: string, beat?: StageProgress): void;
  done(text: string): void;
}

const indent = '   ';

export function createBoard({ stream, tty = stream.isTTY ?? false, now = Date.now }: BoardOptions): Board {
  return tty ? new LiveBoard(stream, now) : new PipedBoard(stream);
}

/** Lines under way are erased before anything is written, and drawn again below it. */
class LiveBoard implements Board {
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => number;
  /** Lines of each step under way. */
  readonly #under = new Map<Step, readonly string[]>();
  #drawn = 0;
  #closed = false;

  constructor(stream: NodeJS.WriteStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  heading(text: string): void {
    this.#write(`\n${styleText('bold', text, { stream: this.#stream })}\n`);
  }

  say(text: string): void {
    this.#write(`${indent}${text}\n`);
  }

  step(title: string): Step {
    let [stage, since] = ['', this.#now()];
    const step: Step = {
      tell: (next, beat) => {
        const what = beat === undefined || beat.what.startsWith(next) ? (beat?.what ?? next) : `${next}, ${beat.what}`;
        if (what !== stage) [stage, since] = [what, this.#now()];
        const said = beat ? describe({ ...beat, what }, this.#now() - since) : `${next} ...`;
        const live = beat ? figures(beat) : '';
        this.#under.set(step, [`${title}: ${said}`, ...(live ? [`${indent}${live}`] : [])]);
        this.#write('');
      },
      done: (text) => {
        this.#under.delete(step);
        this.say(`${title}: ${text}`);
      },
    };
    this.#under.set(step, [`${title} ...`]);
    this.#write('');
    return step;
  }

  close(): void {
    this.#under.clear();
    this.#write('');
    this.#closed = true;
  }

  #write(text: string): void {
    if (this.#closed) return;
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A\u001b[0J` : '';
    const lines = [...this.#under.values()].flat().map((line) => `${clip(`${indent}${line}`, this.#stream.columns)}\n`);
    this.#stream.write(`${up}${text}${lines.join('')}`);
    this.#drawn = lines.length;
  }
}

function quartersOf(stage: string): string[] {
  return [25, 50, 75, 100].map((percent) => `${stage} ${percent} %`);
}

/** A queue of what was begun, printed as far as it is known. */
class PipedBoard implements Board {
  readonly #stream: NodeJS.WriteStream;
  readonly #queue: { readonly lines: string[]; over: boolean }[] = [];
  #closed = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  heading(text: string): void {
    this.#begin(['', text], true);
  }

  say(text: string): void {
    this.#begin([`${indent}${text}`], true);
  }

  step(title: string, { stages, quarters = [] }: Shown = { stages: [] }): Step {
    const item = this.#begin([], false);
    const script = stages.flatMap((stage) => [stage, ...(quarters.includes(stage) ? quartersOf(stage) : [])]);
    let next = 0;
    const upTo = (end: number) => {
      while (next < end) item.lines.push(`${indent}${title}: ${script[next++]}`);
      this.#flush();
    };
    return {
      tell: (stage, beat) => {
        const at = script.indexOf(stage);
        if (at < 0) return;
        const share = beat && beat.total > 0 ? Math.min(0.99, beat.done / beat.total) : 0;
        upTo(at + 1 + (quarters.includes(stage) ? Math.floor(4 * share) : 0));
      },
      done: (text) => {
        upTo(script.length);
        item.lines.push(`${indent}${title}: ${text}`);
        item.over = true;
        this.#flush();
      },
    };
  }

  close(): void {
    for (const item of this.#queue) item.over = true;
    this.#flush();
    this.#closed = true;
  }

  #begin(lines: string[], over: boolean) {
    const item = { lines, over };
    this.#queue.push(item);
    this.#flush();
    return item;
  }

  #flush(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const [item] = this.#queue;
      for (const line of item.lines.splice(0)) this.#stream.write(`${line}\n`);
      if (!item.over) return;
      this.#queue.shift();
    }
  }
}
