/** What a person's signature may do: judged before it is appended, with a stable code for each reason it may not. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { type Envelope, encodeEnvelope } from './dsse.ts';
import { parseEntry, type SignedEntry, signerOf, subjectOf } from './entries.ts';
import { lineagePeople } from './lineage.ts';
import {
  approvalState,
  approvalsOf,
  isPersonWith,
  isWithdrawn,
  judgeEvidence,
  kindOf,
  type Review,
  refusalOf,
  stateError,
  termsKey,
  windowOf,
} from './policy.ts';
import type { Identity, Person, Role, Trust } from './trust.ts';

/** The approval under review: what a validator is asked to sign. */
export interface Offer {
  readonly report: Sha256;
  readonly limits?: Readonly<Record<string, number>>;
}

/**
 * Whether this envelope is an approval that counts towards `offer`, now. The caller appends it when this returns.
 * @returns who signed
 * @throws ASSAY_STATEMENT_INVALID, ASSAY_KEY_UNKNOWN, ASSAY_SIGNATURE_INVALID, ASSAY_ROLE_DENIED, ASSAY_DIGEST_MISMATCH,
 * ASSAY_REVOKED, ASSAY_DECOMMISSIONED, ASSAY_NOT_APPROVED (lineage or evidence incomplete), ASSAY_REFUSED,
 * ASSAY_PERSON_IN_LINEAGE, ASSAY_ALREADY_SIGNED, ASSAY_APPROVAL_EXPIRED
 */
export function checkApproval(
  envelope: Envelope,
  { trust, nowMs, offer, ...review }: Review & { trust: Trust; nowMs: number; offer: Offer },
): Person {
  if (!Number.isFinite(nowMs)) throw new AssayError('ASSAY_NOT_FINITE', { what: 'the time of the decision' });
  const entry = parseEntry(encodeEnvelope(envelope), review.entries.length);
  if (entry.kind !== 'approval')
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `a ${entry.kind} is no approval` });
  const by = signerOf(entry, trust);
  const signed: SignedEntry<'approval'> = { ...entry, by };
  const { predicate } = entry.statement;
  const person = requireRole(by, ['validator']);
  const kind = kindOf(review);
  requireSame('model', subjectOf(entry), review.model);
  requireSame('line', predicate.line, review.line);
  requireSame('report', predicate.report, offer.report);
  if (offer.limits) requireSame('limits', canonicalJson(predicate.limits), canonicalJson(offer.limits));
  if (kind !== undefined) requireSame('kind', predicate.kind, kind);
  const now = approvalState(review, nowMs);
  const evidence = kind === 'model' ? judgeEvidence(review, offer.report) : undefined;
  const lineage = lineagePeople(review.model, review.entries);
  if (lineage.people.some(({ id }) => id === person.id))
    throw new AssayError('ASSAY_PERSON_IN_LINEAGE', { person: person.id, subject: review.model });
  for (const state of [now, evidence, refusalOf(review, offer.report)])
    if (state && ['untrained', 'unvalidated', 'refused', 'revoked', 'decommissioned'].includes(state.state))
      throw stateError(review.model, state);
  const mine = approvalsOf(review).filter(
    (other) => other.by?.id === person.id && termsKey(other.statement.predicate) === termsKey(predicate),
  );
  // The very same bytes again would be the same entry, and stay withdrawn: a new approval needs a new window.
  const stands = (other: SignedEntry<'approval'>) => !isWithdrawn(other, review) && nowMs < windowOf(other).to;
  if (mine.some((other) => other.digest === entry.digest || stands(other)))
    throw new AssayError('ASSAY_ALREADY_SIGNED', { person: person.id, subject: review.model });
  const { to } = windowOf(signed);
  if (!(nowMs < to))
    throw new AssayError('ASSAY_APPROVAL_EXPIRED', { subject: review.model, notAfter: predicate.notAfter });
  if (!(windowOf(signed).from < to))
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: 'notBefore is not before notAfter' });
  return person;
}

/**
 * Whether this envelope is a request by a person who may launch runs. @returns who asks
 * @throws ASSAY_STATEMENT_INVALID, ASSAY_KEY_UNKNOWN, ASSAY_SIGNATURE_INVALID, ASSAY_ROLE_DENIED
 */
export function checkRequest(envelope: Envelope, trust: Trust): Person {
  const entry = parseEntry(encodeEnvelope(envelope), 0);
  if (entry.kind !== 'request')
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `a ${entry.kind} is no request` });
  return requireRole(signerOf(entry, trust), ['quant']);
}

/** Other acts of people that change what runs. */
export type Act = 'refusal' | 'withdrawal' | 'revocation' | 'decommission';

const actRoles: Readonly<Record<Act, readonly Role[]>> = {
  refusal: ['validator'],
  withdrawal: ['validator'],
  revocation: ['validator', 'operator'],
  decommission: ['validator', 'operator'],
};

/**
 * Whether this envelope is such an act, about this model and line, by somebody who may. The caller appends it when this returns.
 * @throws ASSAY_STATEMENT_INVALID, ASSAY_KEY_UNKNOWN, ASSAY_SIGNATURE_INVALID, ASSAY_ROLE_DENIED, ASSAY_DIGEST_MISMATCH,
 * ASSAY_NOT_FOUND (a withdrawal of what is not one's own approval)
 */
export function checkAct(act: Act, envelope: Envelope, { trust, ...review }: Review & { trust: Trust }): Person {
  const entry = parseEntry(encodeEnvelope(envelope), review.entries.length);
  if (entry.kind !== act) throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `a ${entry.kind} is no ${act}` });
  const person = requireRole(signerOf(entry, trust), actRoles[act]);
  requireSame('model', subjectOf(entry), review.model);
  requireSame('line', (entry.statement.predicate as { line: string }).line, review.line);
  if (entry.kind === 'withdrawal') {
    const { approval } = entry.statement.predicate;
    if (!approvalsOf(review).some(({ digest, by }) => digest === approval && by?.id === person.id))
      throw new AssayError('ASSAY_NOT_FOUND', { what: `an approval ${approval} by ${person.id}` });
  }
  return person;
}

function requireRole(by: Identity, wanted: readonly Role[]): Person {
  const role = wanted.find((role) => isPersonWith(by, role));
  if (by.type !== 'person' || role === undefined)
    throw new AssayError('ASSAY_ROLE_DENIED', { person: by.id, role: wanted.join(' or ') });
  return by;
}

function requireSame(what: string, got: string, expected: string): void {
  if (got !== expected)
    throw new AssayError('ASSAY_DIGEST_MISMATCH', { got: `${what} ${got}`, expected: `${what} ${expected}` });
}
