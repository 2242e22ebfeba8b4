/**
 * What every stage is asked and what it answers. Workflows import only these types; the stages implement them as factories
 * `createXxxActivities(deps)`, one file a stage. Payloads are digests and references: never a table, a tensor or a key.
 *
 * A stage is a method `(input, context)`. Run as a Temporal activity, the context heartbeats and hears of a cancel; run from
 * the command line without Temporal, it draws a progress line. The stage cannot tell the difference.
 */

/** SHA-256 as 64 lower-case hex characters. */
export type Digest = string;

/** How far a stage is. Shown to people and carried by heartbeats; never part of an artifact. */
export interface StageProgress {
  /** What is being done, in a few words. */
  readonly what: string;
  readonly done: number;
  /** In the unit of `done`; 0 when not known yet. */
  readonly total: number;
  /** Live figures, e.g. `{ kl: 0.01, costBps: 3.2 }`. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface StageContext {
  /** Fires when the stage is cancelled; it then stops soon and throws ASSAY_CANCELLED. */
  readonly signal: AbortSignal;
  /** Cheap; call it as often as is convenient. */
  progress(report: StageProgress): void;
}

export interface CurateInput {
  /** Raw capture files, by path or by digest of an object in the registry, in the order of the stream. */
  readonly captures: readonly string[];
  /** Digest of the entry of the signed request that started this; its config names seed, protocol and candidate. */
  readonly request: Digest;
}
export interface CurateResult {
  /** Digest of the dataset's canonical manifest. */
  readonly dataset: Digest;
  /** Digest of the signed dataset statement's envelope. */
  readonly statement: Digest;
}

export interface CalibrateInput {
  readonly dataset: Digest;
  /** Digest of the protocol: it cites what five minutes of market cannot identify. */
  readonly protocol: Digest;
  readonly request: Digest;
}
export interface CalibrateResult {
  readonly profile: Digest;
  readonly statement: Digest;
}

export interface TrainInput {
  readonly line: string;
  readonly profile: Digest;
  readonly protocol: Digest;
  readonly seed: number;
  /** Environment steps. @default what the protocol says */
  readonly steps?: number;
  readonly request: Digest;
  /** Names the checkpoint that a killed attempt left behind: the same for every attempt of one training. */
  readonly checkpointKey: string;
}
export interface TrainResult {
  readonly model: Digest;
  readonly statement: Digest;
}

/** Finds the best baseline at its best settings: the line's fallback. */
export interface TuneInput {
  readonly line: string;
  readonly profile: Digest;
  readonly protocol: Digest;
  readonly request: Digest;
}
export interface TuneResult {
  /** Digest of the schedule's canonical JSON. */
  readonly schedule: Digest;
  /** Digest of the report that shows every setting that was tried. */
  readonly report: Digest;
  /** Digest of the signed training statement (kind fallback). */
  readonly statement: Digest;
}

export interface ValidateInput {
  readonly line: string;
  readonly model: Digest;
  readonly profile: Digest;
  readonly dataset: Digest;
  readonly protocol: Digest;
}
export interface ValidateResult {
  readonly report: Digest;
  readonly statement: Digest;
  readonly verdict: 'passed' | 'refused';
  /** Gates that refused, in words; empty when it passed. */
  readonly reasons: readonly string[];
}

/** What starts a run: signed by the person who launches it, and so is in its lineage. */
export interface RequestInput {
  /** The signed request, as JSON text. */
  readonly envelope: string;
  readonly line: string;
}

/** A decision signed elsewhere, and what the workflow has under review. */
export interface DecisionInput {
  /** One DSSE envelope with one signature, as JSON text. */
  readonly envelope: string;
  readonly line: string;
  /** Digest of the model or schedule under review. */
  readonly subject: Digest;
  /** Digest of the report under review: the validation's, or for a fallback the tuning's. */
  readonly report: Digest;
}
export interface RecordedDecision {
  /** Who signed, as the trust file calls them. */
  readonly person: string;
  /** Digest of the statement's entry in the log. */
  readonly entry: Digest;
}
export interface RecordedApproval extends RecordedDecision {
  /** People whose approvals of this subject stand, this one included. */
  readonly approvals: number;
  /** Whether enough have signed; the subject may run within the window they signed. */
  readonly approved: boolean;
}

/** A signed act that ends a version, under review or not. */
export interface RetireInput {
  /** The signed decommission or revocation, as JSON text; it says why. */
  readonly envelope: string;
  readonly line: string;
  readonly subject: Digest;
}

export interface ExecuteInput {
  readonly line: string;
  /** The dataset whose executor part is traded on paper. */
  readonly dataset: Digest;
  /** The version asked for. @default the line's newest approved model */
  readonly model?: Digest;
}
export interface ExecuteResult {
  /** Digest of the order-by-order journal. */
  readonly journal: Digest;
  /** Digest of the transaction-cost report. */
  readonly report: Digest;
  /** Digest of the signed deployment's envelope: in the log before the first order. */
  readonly statement: Digest;
  /** Digest of the signed account of what was done, which names journal and report. */
  readonly execution: Digest;
  /** Digest of what ran: the approved version, or the line's fallback. */
  readonly ran: Digest;
  /** Why the fallback ran instead of the version asked for: a code of the error table ... */
  readonly fallbackBecause?: string;
  /** ... and the same in words. */
  readonly fallbackReason?: string;
}

export interface CurationStages {
  curate(input: CurateInput, context: StageContext): Promise<CurateResult>;
  calibrate(input: CalibrateInput, context: StageContext): Promise<CalibrateResult>;
}
export interface TrainingStages {
  train(input: TrainInput, context: StageContext): Promise<TrainResult>;
  tune(input: TuneInput, context: StageContext): Promise<TuneResult>;
}
export interface ValidationStages {
  validate(input: ValidateInput, context: StageContext): Promise<ValidateResult>;
}
export interface GovernanceStages {
  recordRequest(input: RequestInput, context: StageContext): Promise<RecordedDecision>;
  recordApproval(input: DecisionInput, context: StageContext): Promise<RecordedApproval>;
  recordRefusal(input: DecisionInput, context: StageContext): Promise<RecordedDecision>;
  recordWithdrawal(input: DecisionInput, context: StageContext): Promise<RecordedDecision>;
  recordRevocation(input: RetireInput, context: StageContext): Promise<RecordedDecision>;
  decommission(input: RetireInput, context: StageContext): Promise<RecordedDecision>;
}
export interface ExecutionStages {
  execute(input: ExecuteInput, context: StageContext): Promise<ExecuteResult>;
}

/** The same stages as Temporal calls them: the context comes from the worker. */
export type AsActivities<Stages> = {
  [Name in keyof Stages]: Stages[Name] extends (input: infer Input, context: StageContext) => infer Result
    ? (input: Input) => Result
    : never;
};
