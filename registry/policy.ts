/**
 * Four eyes, decided from statements alone: pure, and denying whatever is unclear. The same judgement serves the worker that
 * takes a signature in (`acts.ts`) and the executor that verifies the log offline.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Sha256 } from '../core/digest.ts';
import { AssayError, type ErrorCode } from '../core/errors.ts';
import { isKind, type SignedEntry, subjectOf } from './entries.ts';
import { type LineagePeople, lineagePeople } from './lineage.ts';
import type { CandidateKind, Predicate } from './statements/kinds.ts';
import type { Identity, Role } from './trust.ts';

/** How many different people have to sign. */
export const quorum = 2;

/** What is under review, and the log that speaks about it. */
export interface Review {
  readonly entries: readonly SignedEntry[];
  readonly line: string;
  /** SHA-256 of the model or schedule. */
  readonly model: Sha256;
}

export type State =
  | 'untrained'
  | 'unvalidated'
  | 'waiting'
  | 'early'
  | 'approved'
  | 'expired'
  | 'withdrawn'
  | 'refused'
  | 'revoked'
  | 'decommissioned';

export interface ApprovalState {
  readonly state: State;
  /** What an executor answers; absent when approved. */
  readonly code?: ErrorCode;
  readonly reason: string;
  /** People whose approvals count now. */
  readonly signers: readonly string[];
  /** Signatures still missing. */
  readonly missing: number;
  /** Terms of the approval that is decisive: the evidence, the limits and the window in which enough signatures hold. */
  readonly terms?: Terms;
  /** Digests of the decisive approvals' entries. */
  readonly approvals: readonly Sha256[];
}

export interface Terms {
  readonly kind: CandidateKind;
  readonly report: Sha256;
  readonly limits: Readonly<Record<string, number>>;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Whether `model` may run on `line` at `nowMs` (milliseconds since 1970). Approved means: a training whose lineage is whole;
 * for a model, a passing validation by an identity that did not train it and none that refuses it under that protocol; and,
 * over the same kind, report and limits, unexpired approvals of two validators outside the lineage; and no refusal of that
 * report, no revocation, no decommission.
 */
export function approvalState(review: Review, nowMs: number): ApprovalState {
  if (!Number.isFinite(nowMs)) throw new AssayError('ASSAY_NOT_FINITE', { what: 'the time of the decision' });
  const ended = endOf(review);
  if (ended) return ended;
  const kind = kindOf(review);
  if (kind === undefined)
    return denied('untrained', 'ASSAY_NOT_APPROVED', 'no training statement names it for this line');
  const lineage = lineagePeople(review.model, review.entries);
  if (lineage.gaps.length > 0)
    return denied('untrained', 'ASSAY_NOT_APPROVED', `its lineage is incomplete: ${lineage.gaps.join('; ')}`);
  const groups = approvalGroups(review, kind, lineage).map((group) => judge(group, review, nowMs));
  const best = groups.sort((a, b) => rank(b) - rank(a))[0];
  if (best) return best;
  const evidence = kind === 'model' ? judgeEvidence(review) : undefined;
  return evidence ?? refusalOf(review) ?? denied('waiting', 'ASSAY_NOT_APPROVED', `${quorum} signatures are missing`);
}

interface Group {
  readonly kind: CandidateKind;
  readonly report: Sha256;
  readonly limits: Readonly<Record<string, number>>;
  /** The last approval of each person that was not withdrawn. */
  readonly standing: readonly SignedEntry<'approval'>[];
  readonly withdrawn: number;
}

/** Revocation and decommission end a model for good; whoever has the role may sign them, whatever was approved since. */
function endOf({ entries, line, model }: Review): ApprovalState | undefined {
  const mayEnd = (entry: SignedEntry) => isPersonWith(entry.by, 'validator') || isPersonWith(entry.by, 'operator');
  const about = entries.filter((entry) => subjectOf(entry) === model && mayEnd(entry));
  const decommission = about.filter(isKind('decommission')).find((entry) => entry.statement.predicate.line === line);
  if (decommission) return denied('decommissioned', 'ASSAY_DECOMMISSIONED', decommission.statement.predicate.reason);
  const revocation = about.filter(isKind('revocation')).find((entry) => entry.statement.predicate.line === line);
  return revocation && denied('revoked', 'ASSAY_REVOKED', revocation.statement.predicate.reason);
}

/** What training says it is; undefined when nobody trusted says so for this line, or two say different things. */
export function kindOf({ entries, line, model }: Review): CandidateKind | undefined {
  const kinds = trainingsOf({ entries, line, model }).map((entry) => parametersOf(entry).kind);
  return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined;
}

/** Judges the evidence for `report` (any report when left out): undefined when it holds. */
export function judgeEvidence(review: Review, report?: Sha256): ApprovalState | undefined {
  const trainers = new Set(trainingsOf(review).map((entry) => entry.by?.id));
  const builders = new Set(lineagePeople(review.model, review.entries).people.map(({ id }) => id));
  const independent = review.entries
    .filter(isKind('validation'))
    .filter((entry) => subjectOf(entry) === review.model && entry.statement.predicate.line === review.line)
    .filter(({ by }) => by !== undefined && !trainers.has(by.id) && !builders.has(by.id) && mayValidate(by));
  const passing = independent.filter(({ statement: { predicate } }) => {
    return (
      predicate.verdict === 'pass' &&
      predicate.gates.every(({ passed }) => passed) &&
      (report ?? predicate.report) === predicate.report
    );
  });
  const refusing = independent.find(({ statement: { predicate } }) => {
    return (
      predicate.verdict === 'refuse' &&
      (passing.length === 0 || passing.some((pass) => pass.statement.predicate.protocol === predicate.protocol))
    );
  });
  if (refusing) {
    const failed = refusing.statement.predicate.gates.filter(({ passed }) => !passed).map(({ name }) => name);
    return denied(
      'refused',
      'ASSAY_REFUSED',
      `validation refused it${failed.length > 0 ? ` (${failed.join(', ')})` : ''}`,
    );
  }
  return passing.length > 0
    ? undefined
    : denied('unvalidated', 'ASSAY_NOT_APPROVED', 'no independent validation passed it on that report');
}

/** One validator's no to `report`; left out: to the report of the newest validation, or to any where there is none. */
export function refusalOf(review: Review, report = newestReport(review)): ApprovalState | undefined {
  const refusal = review.entries.filter(isKind('refusal')).find((entry) => {
    const { predicate } = entry.statement;
    const isThis = subjectOf(entry) === review.model && predicate.line === review.line;
    return isThis && (report ?? predicate.report) === predicate.report && isPersonWith(entry.by, 'validator');
  });
  return refusal && denied('refused', 'ASSAY_REFUSED', `${refusal.by?.id}: ${refusal.statement.predicate.reason}`);
}

function newestReport({ entries, line, model }: Review): Sha256 | undefined {
  return entries
    .filter(isKind('validation'))
    .findLast(
      (entry) => entry.by !== undefined && subjectOf(entry) === model && entry.statement.predicate.line === line,
    )?.statement.predicate.report;
}

/** Approvals that count for somebody, grouped by what they approve. */
function approvalGroups(review: Review, kind: CandidateKind, lineage: LineagePeople): Group[] {
  const groups = new Map<string, SignedEntry<'approval'>[]>();
  for (const entry of approvalsOf(review)) {
    const { predicate } = entry.statement;
    if (predicate.kind !== kind || objection(entry.by, lineage) !== undefined) continue;
    const key = termsKey(predicate);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((approvals) => {
    const kept = approvals.filter((approval) => !isWithdrawn(approval, review));
    const lastOf = new Map(kept.map((approval) => [approval.by?.id, approval]));
    const { report, limits } = approvals[0].statement.predicate;
    return { kind, report, limits, standing: [...lastOf.values()], withdrawn: approvals.length - kept.length };
  });
}

function judge({ kind, report, limits, standing, withdrawn }: Group, review: Review, nowMs: number): ApprovalState {
  const evidence = kind === 'model' ? judgeEvidence(review, report) : undefined;
  const refusal = refusalOf(review, report);
  if (refusal) return refusal;
  if (evidence) return evidence;
  const active = standing.filter((entry) => windowOf(entry).from <= nowMs && nowMs < windowOf(entry).to);
  const counted = active.length >= quorum ? active : standing;
  const from = counted.map((entry) => windowOf(entry).from).sort((a, b) => a - b)[quorum - 1];
  const to = counted.map((entry) => windowOf(entry).to).sort((a, b) => b - a)[quorum - 1];
  const terms =
    from === undefined || to === undefined
      ? {}
      : { terms: { kind, report, limits, notBeforeMs: from, notAfterMs: to } };
  const signers = active.map(({ by }) => by?.id ?? '');
  const missing = Math.max(0, quorum - active.length);
  const shared = { ...terms, signers, missing, approvals: counted.map(({ digest }) => digest) };
  if (missing === 0) return { state: 'approved', reason: `approved by ${signers.join(' and ')}`, ...shared };
  const pending = standing.filter((entry) => nowMs < windowOf(entry).to);
  if (pending.length >= quorum)
    return { state: 'early', code: 'ASSAY_APPROVAL_NOT_YET', reason: `begins at ${utc(from)}`, ...shared };
  if (standing.length >= quorum)
    return { state: 'expired', code: 'ASSAY_APPROVAL_EXPIRED', reason: `expired at ${utc(to)}`, ...shared };
  if (withdrawn > 0)
    return { state: 'withdrawn', code: 'ASSAY_NOT_APPROVED', reason: 'an approval was withdrawn', ...shared };
  return {
    state: 'waiting',
    code: 'ASSAY_NOT_APPROVED',
    reason: `${missing} of ${quorum} signatures missing`,
    ...shared,
  };
}

/** The error an executor or a command ends with when a version is not approved. */
export function stateError(model: Sha256, { code = 'ASSAY_NOT_APPROVED', reason, terms }: ApprovalState): AssayError {
  const window = terms && { notBefore: utc(terms.notBeforeMs), notAfter: utc(terms.notAfterMs) };
  return new AssayError(code, { subject: model, reason, ...window });
}

/** Trusted statements that `model` was trained for `line`. */
export function trainingsOf({ entries, line, model }: Review): SignedEntry<'training'>[] {
  return entries
    .filter(isKind('training'))
    .filter((entry) => entry.by !== undefined && subjectOf(entry) === model && parametersOf(entry).line === line);
}

export function parametersOf(
  entry: SignedEntry<'training'>,
): Predicate<'training'>['buildDefinition']['externalParameters'] {
  return entry.statement.predicate.buildDefinition.externalParameters;
}

export function approvalsOf({ entries, line, model }: Review): SignedEntry<'approval'>[] {
  return entries
    .filter(isKind('approval'))
    .filter((entry) => subjectOf(entry) === model && entry.statement.predicate.line === line);
}

/** Why this identity's approval does not count. */
function objection(by: Identity | undefined, lineage: LineagePeople): ErrorCode | undefined {
  if (!isPersonWith(by, 'validator')) return 'ASSAY_ROLE_DENIED';
  return lineage.people.some(({ id }) => id === by?.id) ? 'ASSAY_PERSON_IN_LINEAGE' : undefined;
}

export function isWithdrawn(approval: SignedEntry<'approval'>, { entries }: Review): boolean {
  return entries
    .filter(isKind('withdrawal'))
    .some(
      ({ by, statement }) =>
        by !== undefined && by.id === approval.by?.id && statement.predicate.approval === approval.digest,
    );
}

/** Approvals of the same terms count together. */
export function termsKey({ kind, report, limits }: Predicate<'approval'>): string {
  return canonicalJson({ kind, report, limits });
}

export function windowOf(entry: SignedEntry<'approval'>): { from: number; to: number } {
  const { notBefore, notAfter } = entry.statement.predicate;
  return { from: Date.parse(notBefore), to: Date.parse(notAfter) };
}

export function isPersonWith(by: Identity | undefined, role: Role): boolean {
  return by?.type === 'person' && by.roles.includes(role);
}

function mayValidate(by: Identity): boolean {
  return by.type === 'machine' ? by.role === 'worker' : by.roles.includes('validator');
}

/** Higher is better for the model; of equals the one with more signatures. */
function rank({ state, signers }: ApprovalState): number {
  const order: readonly State[] = ['refused', 'unvalidated', 'waiting', 'withdrawn', 'expired', 'early', 'approved'];
  return order.indexOf(state) * 1000 + signers.length;
}

function denied(state: State, code: ErrorCode, reason: string): ApprovalState {
  return { state, code, reason, signers: [], missing: quorum, approvals: [] };
}

function utc(ms: number | undefined): string {
  return ms === undefined ? 'an unknown time' : new Date(ms).toISOString();
}
