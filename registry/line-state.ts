/** What a line is now: its versions, the champion, and what it falls back to. Pure. */
import type { Sha256 } from '../core/digest.ts';
import { isKind, type SignedEntry, subjectOf } from './entries.ts';
import { type ApprovalState, approvalState, kindOf, parametersOf } from './policy.ts';
import type { CandidateKind } from './statements/kinds.ts';

export interface Version {
  /** 1, 2, ... in the order in which the log first says that something was trained for the line. */
  readonly number: number;
  readonly model: Sha256;
  readonly candidate: string;
  readonly kind: CandidateKind | undefined;
  readonly approval: ApprovalState;
  /** Index of the newest deployment of it, if any. */
  readonly deployedAt: number | undefined;
}

export interface LineState {
  readonly line: string;
  readonly versions: readonly Version[];
  /** Approved and deployed, the newest deployment first. */
  readonly champion: Version | undefined;
  /** The newest approved version, deployed or not, that is no fallback. */
  readonly approved: Version | undefined;
  /** The newest approved fallback; another one than the champion where there is another. */
  readonly fallback: Version | undefined;
}

export function lineState(line: string, entries: readonly SignedEntry[], nowMs: number): LineState {
  const versions = versionsOf(line, entries).map(({ model, candidate }, index): Version => {
    const review = { entries, line, model };
    const approval = approvalState(review, nowMs);
    return { number: index + 1, model, candidate, kind: kindOf(review), approval, deployedAt: deployedAt(review) };
  });
  const approved = versions.filter(({ approval }) => approval.state === 'approved').reverse();
  const deployed = approved.filter((version) => version.deployedAt !== undefined);
  const champion = deployed.sort((a, b) => (b.deployedAt ?? 0) - (a.deployedAt ?? 0))[0];
  const fallbacks = approved.filter(({ kind }) => kind === 'fallback');
  return {
    line,
    versions,
    champion,
    approved: approved.find(({ kind }) => kind === 'model'),
    fallback: fallbacks.find(({ model }) => model !== champion?.model) ?? fallbacks[0],
  };
}

/** Every line that a trusted statement names. */
export function linesOf(entries: readonly SignedEntry[]): string[] {
  const named = entries.flatMap((entry) => {
    if (entry.by === undefined) return [];
    if (entry.kind === 'training') return [parametersOf(entry).line];
    return entry.kind === 'request' ? [entry.statement.predicate.line] : [];
  });
  return [...new Set(named)].sort();
}

function versionsOf(line: string, entries: readonly SignedEntry[]): { model: Sha256; candidate: string }[] {
  const models = new Map<Sha256, string>();
  for (const entry of entries.filter(isKind('training'))) {
    const { line: named, candidate } = parametersOf(entry);
    if (entry.by !== undefined && named === line && !models.has(subjectOf(entry)))
      models.set(subjectOf(entry), candidate);
  }
  return [...models].map(([model, candidate]) => ({ model, candidate }));
}

/** A deployment counts when somebody trusted signed it, for this line, on approvals that the log holds for this model. */
function deployedAt({
  entries,
  line,
  model,
}: {
  entries: readonly SignedEntry[];
  line: string;
  model: Sha256;
}): number | undefined {
  const approvals = new Set(
    entries
      .filter(isKind('approval'))
      .filter((entry) => subjectOf(entry) === model)
      .map(({ digest }) => digest),
  );
  return entries
    .filter(isKind('deployment'))
    .filter(
      ({ by, statement }) =>
        by !== undefined &&
        statement.predicate.line === line &&
        statement.predicate.approvals.every((digest) => approvals.has(digest)),
    )
    .findLast((entry) => subjectOf(entry) === model)?.index;
}
