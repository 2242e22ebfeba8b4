/** How far something is: one line that is redrawn on a terminal, and few, stable lines where the output is piped. */
import type { StageContext, StageProgress } from '../activities/types.ts';

export interface ProgressOptions {
  /** @default process.stderr, so that `--json` on stdout stays clean */
  readonly stream?: NodeJS.WriteStream;
  /** @default whether the stream is a terminal */
  readonly tty?: boolean;
  /** Milliseconds. @default Date.now */
  readonly now?: () => number;
}

export interface Progress {
  report(progress: StageProgress): void;
  /** Ends the line with a last word. */
  done(text: string): void;
}

/** Shares of the whole at which a piped output gets a line. */
const pipedShares = [0.25, 0.5, 0.75, 1];
const redrawEveryMs = 100;

export function progressLine(title: string, options: ProgressOptions = {}): Progress {
  const stream = options.stream ?? process.stderr;
  const tty = options.tty ?? stream.isTTY ?? false;
  const now = options.now ?? Date.now;
  let since = now();
  let drawn = Number.NEGATIVE_INFINITY;
  let what = '';
  let nextShare = 0;
  const write = (line: string) => stream.write(tty ? `\r\u001b[2K${line}` : `${line}\n`);
  return {
    report(progress) {
      const changed = progress.what !== what;
      if (changed && what !== '') since = now();
      if (changed) [what, nextShare] = [progress.what, 0];
      if (tty) {
        if (!changed && now() - drawn < redrawEveryMs) return;
        drawn = now();
        const line = `${title}: ${describe(progress, now() - since)} ${figures(progress)}`;
        write(clip(line.trimEnd(), stream.columns));
        return;
      }
      const share = progress.total > 0 ? progress.done / progress.total : 0;
      if (changed && share < (pipedShares[0] ?? 1)) write(`${title}: ${progress.what}`);
      const reached = pipedShares.filter((mark) => mark <= share).length;
      if (reached > nextShare)
        write(`${title}: ${progress.what} ${Math.round((pipedShares[reached - 1] ?? 0) * 100)} %`);
      nextShare = Math.max(nextShare, reached);
    },
    done(text) {
      write(`${title}: ${text}`);
      if (tty) stream.write('\n');
    },
  };
}

/** A context for a stage that runs in this process: progress is drawn, Ctrl-C cancels. */
export function localContext(progress: Progress): { readonly context: StageContext; readonly release: () => void } {
  const abort = new AbortController();
  const cancel = () => abort.abort();
  process.once('SIGINT', cancel);
  return {
    context: { signal: abort.signal, progress: (report) => progress.report(report) },
    release: () => process.off('SIGINT', cancel),
  };
}

/** What is done, a bar, and the time left after `elapsedMs` of it. */
export function describe(progress: StageProgress, elapsedMs: number): string {
  const { what, done, total } = progress;
  const share = total > 0 ? [bar(done / total), `${Math.floor((100 * done) / total)} %`] : [];
  const left = timeLeft(progress, elapsedMs);
  return [what, ...share, ...(left ? [left] : [])].join(' ');
}

/** Live figures, three digits each. */
export function figures({ metrics = {} }: StageProgress): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
    .join(' ');
}

function bar(share: number): string {
  const width = 20;
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`;
}

/** Straight-line estimate from what is done so far; empty until there is something to go by. */
export function timeLeft({ done, total }: StageProgress, elapsedMs: number): string {
  if (!(done > 0) || !(total > done) || elapsedMs < 1000) return '';
  const seconds = Math.ceil(((elapsedMs / done) * (total - done)) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
}

export function clip(line: string, columns: number | undefined): string {
  return columns && line.length >= columns ? line.slice(0, columns - 1) : line;
}
