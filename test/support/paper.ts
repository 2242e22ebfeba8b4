/** Executions on small tapes for tests, with their journals and reports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { executeOrders, type PaperRun } from '../../executor/execute.ts';
import { type JournalLine, JournalWriter, type Line } from '../../executor/journal.ts';
import { defaultLimits } from '../../executor/limits.ts';
import { type JournaledRun, readJournal } from '../../executor/read-journal.ts';
import { type TcaReport, tcaReport } from '../../executor/tca.ts';
import { btcusdPerp } from '../../market/instrument.ts';
import type { Policy } from '../../market/policy.ts';
import type { BookTape } from '../../market/tape.ts';
import { Gate, type GateLimits } from '../../risk/gate.ts';
import { temporaryFolder } from './temporary.ts';

export const costs = {
  makerFeeBps: 2,
  takerFeeBps: 5,
  transientTicksPerLot: 0.01,
  impactDecayMs: 1000,
  permanentTicksPerLot: 0.001,
};
export const task = { lots: 200, horizonMs: 4000, decisionMs: 200 };
/** A gate that lets everything through that makes sense. */
export const wide: GateLimits = { ...defaultLimits(task), priceCollarBps: 1e4, maxParticipation: 1, maxDataAgeMs: 1e6 };

export interface Paper extends Partial<Omit<PaperRun, 'bookTape' | 'policy' | 'gate' | 'journal'>> {
  readonly bookTape: BookTape;
  readonly policy: Policy;
  readonly limits?: GateLimits;
  /** Given the gate and the journal's file, so that a test may kill the one and read the other while it runs. */
  readonly onStart?: (gate: Gate, path: string) => void;
}

export interface Executed {
  readonly bytes: Buffer;
  readonly lines: readonly JournalLine[];
  readonly run: JournaledRun;
  readonly report: TcaReport;
  readonly gate: Gate;
  /** What `executeOrders` threw, if it did. */
  readonly thrown?: unknown;
}

export async function onPaper({ policy, limits = wide, onStart, ...run }: Paper): Promise<Executed> {
  using folder = temporaryFolder();
  const path = join(folder.path, 'journal.ndjson');
  const gate = new Gate(limits);
  const journal = new JournalWriter(path);
  const segment = { fromMs: 0, toMs: 1e9 };
  journal.write(begin({ policy: policy.name, limits, segment, task: run.task ?? task }));
  onStart?.(gate, path);
  let thrown: unknown;
  try {
    await executeOrders({ segment, task, costs, policy, gate, journal, ...run });
  } catch (error) {
    thrown = error;
  }
  const digest = journal.close();
  const bytes = readFileSync(path);
  const report = tcaReport(bytes);
  if (report.journal !== digest) throw new Error('the writer told another digest than that of its file');
  return { bytes, lines: linesOf(bytes), run: readJournal(bytes), report, gate, thrown };
}

export function begin(changes: Partial<Line<'begin'>> = {}): Line<'begin'> {
  const digest = '0'.repeat(64);
  return {
    ...{ event: 'begin', format: 'assay.journal/1', line: 'test', model: digest, policy: 'test', deployment: digest },
    ...{ dataset: digest, instrument: btcusdPerp, segment: { fromMs: 0, toMs: 1 }, task, costs, limits: wide },
    ...changes,
  };
}

export function linesOf(bytes: Buffer): JournalLine[] {
  const text = bytes.toString('utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as JournalLine);
}

export function ofKind<Event extends JournalLine['event']>(lines: readonly JournalLine[], event: Event): Line<Event>[] {
  return lines.filter((line): line is Line<Event> => line.event === event);
}
