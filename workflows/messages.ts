/** What may be said to a workflow, and asked of it. Clients import the same objects, so a name cannot drift. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { RecordedApproval, RecordedDecision } from '../activities/types.ts';

/** One DSSE envelope with one signature, as JSON text, signed elsewhere with the person's own key. */
export interface SignedDecision {
  readonly envelope: string;
}

/** A signature for the subject under review. Refused before it enters history when it is not about that subject. */
export const approve = defineUpdate<RecordedApproval, [SignedDecision]>('approve');
/** Ends the review: a validator says no. */
export const refuse = defineUpdate<RecordedDecision, [SignedDecision]>('refuse');
/** Ends the review: whoever asked for it takes the candidate back. */
export const withdraw = defineUpdate<RecordedDecision, [SignedDecision]>('withdraw');

export const status = defineQuery<LifecycleStatus>('status');

export type Stage = 'request' | 'curate' | 'calibrate' | 'tune' | 'train' | 'validate' | 'review' | 'done';

export type Outcome =
  | { readonly kind: 'approved'; readonly signers: readonly string[] }
  | { readonly kind: 'refused'; readonly by: string; readonly reasons: readonly string[] }
  | { readonly kind: 'withdrawn'; readonly by: string }
  | { readonly kind: 'expired'; readonly notAfter: string };

export interface LifecycleStatus {
  readonly line: string;
  readonly stage: Stage;
  /** What there is so far, by digest. */
  readonly artifacts: Artifacts;
  readonly approvals: readonly RecordedDecision[];
  /** In words, while somebody has to act. */
  readonly waitingFor?: string;
  readonly outcome?: Outcome;
}

export interface Artifacts {
  /** Digest of the request's entry. */
  readonly request?: string;
  readonly dataset?: string;
  readonly profile?: string;
  /** The model, or the schedule that is to be a line's fallback. */
  readonly subject?: string;
  readonly report?: string;
}
