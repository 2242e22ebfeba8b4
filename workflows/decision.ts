/**
 * Reads what a signed decision claims, without believing it: signature, person and role are checked by the activity. Pure
 * and synchronous, because an Update's validator has to be, and without Node, because the sandbox has none.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import { AssayError, type ErrorCode } from '../core/errors.ts';

export type DecisionKind = 'approval' | 'refusal' | 'withdrawal';

export interface Decision {
  readonly kind: string;
  readonly keyid: string;
  readonly line: string;
  readonly subject: string;
  readonly report: string | undefined;
  /** RFC 3339; an approval counts until then. */
  readonly notAfter: string | undefined;
}

export interface UnderReview {
  readonly line: string;
  readonly subject: string;
  readonly report: string;
}

/** @throws ApplicationFailure of type ASSAY_STATEMENT_INVALID */
export function readDecision(envelope: string): Decision {
  const dsse = asRecord(parse(envelope, 'the envelope'), 'the envelope');
  const signatures = dsse.signatures;
  if (dsse.payloadType !== 'application/vnd.in-toto+json') throw invalid('its payload type is not that of in-toto');
  if (!Array.isArray(signatures) || signatures.length !== 1) throw invalid('an envelope carries exactly one signature');
  const { keyid, sig } = asRecord(signatures[0], 'the signature');
  const statement = asRecord(parse(decodeBase64(text(dsse.payload, 'payload')), 'the payload'), 'the payload');
  const subjects = statement.subject;
  if (!Array.isArray(subjects) || subjects.length !== 1) throw invalid('a decision has exactly one subject');
  const digest = asRecord(asRecord(subjects[0], 'the subject').digest, 'the digest of the subject');
  const predicate = asRecord(statement.predicate, 'the predicate');
  text(sig, 'signature');
  return {
    kind: /\/([a-z]+)\/v\d+$/.exec(text(statement.predicateType, 'predicateType'))?.[1] ?? '',
    keyid: text(keyid, 'keyid'),
    line: text(predicate.line, 'line'),
    subject: text(digest.sha256, 'subject digest'),
    report: typeof predicate.report === 'string' ? predicate.report : undefined,
    notAfter: typeof predicate.notAfter === 'string' ? predicate.notAfter : undefined,
  };
}

/** @throws ApplicationFailure when the decision is not about what is under review, or of another kind */
export function checkDecision(decision: Decision, kind: DecisionKind, review: UnderReview): void {
  if (decision.kind !== kind) throw invalid(`it is a ${decision.kind || 'statement of unknown kind'}, not a ${kind}`);
  if (decision.subject !== review.subject)
    throw denied('ASSAY_DIGEST_MISMATCH', { got: decision.subject, expected: review.subject });
  if (decision.line !== review.line)
    throw denied('ASSAY_DIGEST_MISMATCH', { got: `line ${decision.line}`, expected: `line ${review.line}` });
  if (kind !== 'withdrawal' && decision.report !== review.report)
    throw denied('ASSAY_DIGEST_MISMATCH', {
      got: `report ${decision.report ?? 'none'}`,
      expected: `report ${review.report}`,
    });
}

/** A refusal by the workflow itself, in the form that `activities/failures.ts` reads back. */
export function denied(code: ErrorCode, params: Readonly<Record<string, string | number>>): ApplicationFailure {
  return ApplicationFailure.nonRetryable(new AssayError(code, params).message, code, params);
}

function invalid(reason: string): ApplicationFailure {
  return denied('ASSAY_STATEMENT_INVALID', { reason });
}

function parse(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid(`${what} is not JSON`);
  }
}

function asRecord(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(`${what} is missing`);
  return value;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648 section 4 with padding; the sandbox has no `atob`. */
function decodeBase64(encoded: string): string {
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw invalid('the payload is not base64');
  const digits = encoded.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  for (let i = 0, at = 0; at < bytes.length; i += 4) {
    const word = [0, 1, 2, 3].reduce(
      (sum, k) => sum * 64 + (i + k < digits.length ? alphabet.indexOf(digits[i + k] ?? '') : 0),
      0,
    );
    for (const shift of [16, 8, 0]) if (at < bytes.length) bytes[at++] = (word >>> shift) & 255;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('the payload is not UTF-8');
  }
}
