/** What the demo found, as data: the summary for people is written from it, and `--json` prints it. */
import type { GateRecord, ValidationReport } from '../../validation/report/schema.ts';

export interface DemoSummary {
  readonly kind: 'demo-summary';
  readonly version: 1;
  /** Of the training. */
  readonly seed: number;
  readonly line: string;
  /** What was approved, traded, attacked and decommissioned: the trained policy, or a schedule where that did not pass. */
  readonly played: 'model' | 'schedule';
  readonly places: Places;
  readonly data: DataFacts;
  /** What the line opened with. */
  readonly fallback: VersionFacts;
  /** In the order in which they were launched: untrained, a tenth of the steps, all of them. */
  readonly candidates: readonly CandidateFacts[];
  /** The version that was approved and traded. */
  readonly approved: VersionFacts;
  readonly executions: readonly ExecutionFacts[];
  /** Whatever was refused on the way, in the order in which it happened. */
  readonly refused: readonly Refused[];
  readonly verified: { readonly statements: number; readonly objects: number; readonly lineStatements: number };
  readonly timings: readonly Timing[];
}

export interface Places {
  readonly folder: string;
  readonly registry: string;
  readonly trust: string;
  readonly logs: string;
  /** The validation report of the fully trained policy, as a page. */
  readonly report: string;
  /** What the approved version did on paper, as a page. */
  readonly execution: string;
  /** Where the previous run is kept, when there was one. */
  readonly kept?: string;
}

export interface DataFacts {
  readonly dataset: string;
  readonly profile: string;
  readonly captures: readonly { readonly name: string; readonly lines: number; readonly parseErrors: number }[];
  readonly events: number;
  readonly gaps: number;
  /** What has to be added to the exchange's clock to get the recorder's. */
  readonly clockOffsetMs: number;
  /** Longest time without a quote. */
  readonly silenceMs: number;
  readonly crossedShare: number;
  /** Moments of the simulated market inside the capture's interval, of all. */
  readonly faithful: number;
  readonly moments: number;
}

export interface VersionFacts {
  readonly digest: string;
  readonly name: string;
  readonly signers: readonly string[];
}

export interface CandidateFacts {
  readonly name: string;
  readonly model: string;
  readonly report: string;
  readonly trainedSteps: number;
  readonly verdict: ValidationReport['verdict'];
  readonly reasons: readonly string[];
  readonly episodes: number;
  readonly meanBps: number;
  readonly cvar95Bps: number;
  readonly makerShare: number;
  readonly gates: readonly GateRecord[];
  /** Settings tried of each baseline. */
  readonly baselines: readonly { readonly name: string; readonly settingsTried: number; readonly meanBps: number }[];
}

export interface ExecutionFacts {
  /** In which situation: `approved`, `tampered`, `decommissioned`. */
  readonly when: 'approved' | 'tampered' | 'decommissioned';
  readonly ran: string;
  readonly policy: string;
  readonly because?: { readonly code: string; readonly message: string };
  readonly orders: number;
  readonly lots: number;
  readonly filledLots: number;
  /** Parts of the shortfall and their total, basis points of the arrival notional. */
  readonly bps: Readonly<Record<string, number>>;
  readonly coin: string;
  readonly totalCoin: string;
  readonly makerShare: number | null;
  /** Of the orders, what the gate let pass and what not, in words. */
  readonly gate: string;
}

export interface Refused {
  readonly who: string;
  readonly what: string;
  readonly code: string;
  readonly message: string;
}

/** Seconds are of the clock on the wall; stages of different queues overlap. */
export interface Timing {
  readonly what: string;
  readonly seconds: number;
}
