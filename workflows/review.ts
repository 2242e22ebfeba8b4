/**
 * Four eyes: waits, for as long as it takes, until the subject has its signatures, is refused, is withdrawn, or an approval
 * runs out before the next one came. Every decision is verified and in the log before the state here moves on.
 */
import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import type { DecisionInput, RecordedDecision } from '../activities/types.ts';
import { checkDecision, type Decision, type DecisionKind, denied, readDecision, type UnderReview } from './decision.ts';
import { approve, type Outcome, refuse, type SignedDecision, withdraw } from './messages.ts';
import { governance } from './stages.ts';

interface Approval extends RecordedDecision {
  readonly notAfter: string | undefined;
}

/** State and handlers of one review. A class: the handlers share what the wait looks at. */
export class Review {
  readonly #under: UnderReview;
  /** Keys whose decision is on its way or in. */
  readonly #keyids = new Set<string>();
  readonly #approvals: Approval[] = [];
  #outcome: Outcome | undefined;

  constructor(under: UnderReview) {
    this.#under = under;
    setHandler(approve, (decision) => this.#approve(decision), {
      validator: (decision) => this.#validate('approval', decision),
    });
    setHandler(refuse, (decision) => this.#refuse(decision), {
      validator: (decision) => this.#validate('refusal', decision),
    });
    setHandler(withdraw, (decision) => this.#withdraw(decision), {
      validator: (decision) => this.#validate('withdrawal', decision),
    });
  }

  get approvals(): readonly RecordedDecision[] {
    return this.#approvals.map(({ person, entry }) => ({ person, entry }));
  }

  /** Undefined while the review is open. */
  get settled(): Outcome | undefined {
    return this.#outcome;
  }

  /** Settles once and for all; returns when no handler is half way. */
  async outcome(): Promise<Outcome> {
    while (this.#outcome === undefined) {
      const count = this.#approvals.length;
      const first = earliestExpiry(this.#approvals);
      const moved = () => this.#outcome !== undefined || this.#approvals.length !== count;
      if (first === undefined) await condition(moved);
      else if (!(await condition(moved, Math.max(1, Date.parse(first) - Date.now()))))
        this.#outcome = { kind: 'expired', notAfter: first };
    }
    await condition(allHandlersFinished);
    return this.#outcome;
  }

  #validate(kind: DecisionKind, { envelope }: SignedDecision): void {
    this.#stillOpen();
    const decision = readDecision(envelope);
    checkDecision(decision, kind, this.#under);
    if (kind === 'approval' && this.#keyids.has(decision.keyid))
      throw denied('ASSAY_ALREADY_SIGNED', { person: `key ${decision.keyid}`, subject: this.#under.subject });
  }

  async #approve({ envelope }: SignedDecision) {
    const decision = readDecision(envelope);
    this.#keyids.add(decision.keyid);
    try {
      const recorded = await governance().recordApproval(this.#input(envelope));
      this.#count(decision, recorded);
      if (recorded.approved)
        this.#outcome ??= { kind: 'approved', signers: this.#approvals.map(({ person }) => person) };
      return recorded;
    } catch (error) {
      this.#keyids.delete(decision.keyid);
      throw error;
    }
  }

  async #refuse({ envelope }: SignedDecision) {
    const recorded = await governance().recordRefusal(this.#input(envelope));
    this.#outcome ??= { kind: 'refused', by: recorded.person, reasons: [] };
    return recorded;
  }

  async #withdraw({ envelope }: SignedDecision) {
    const recorded = await governance().recordWithdrawal(this.#input(envelope));
    this.#outcome ??= { kind: 'withdrawn', by: recorded.person };
    return recorded;
  }

  #count(decision: Decision, { person, entry }: RecordedDecision): void {
    this.#approvals.push({ person, entry, notAfter: decision.notAfter });
  }

  #stillOpen(): void {
    if (this.#outcome !== undefined)
      throw denied('ASSAY_REFUSED', { reason: `the review of ${this.#under.subject} is over: ${this.#outcome.kind}` });
  }

  #input(envelope: string): DecisionInput {
    return { envelope, ...this.#under };
  }
}

function earliestExpiry(approvals: readonly Approval[]): string | undefined {
  const times = approvals
    .map(({ notAfter }) => notAfter)
    .filter((time) => time !== undefined && !Number.isNaN(Date.parse(time)));
  return times.sort((a, b) => Date.parse(a ?? '') - Date.parse(b ?? ''))[0];
}
