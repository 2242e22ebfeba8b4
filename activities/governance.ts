/**
 * Takes people's signatures in: each envelope is judged and appended under the log's lock, so that nothing changes between
 * the judgement and the entry. The same envelope twice is one entry: an attempt that was cut off is finished by the next.
 */
import type { Clock } from '../core/clock.ts';
import { sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { type Act, checkAct, checkApproval } from '../registry/acts.ts';
import { type Envelope, encodeEnvelope, parseEnvelope } from '../registry/dsse.ts';
import { attribute, parseEntry, type SignedEntry, signerOf } from '../registry/entries.ts';
import { Files } from '../registry/files.ts';
import { approvalState, quorum, type Review } from '../registry/policy.ts';
import type { Person, Trust } from '../registry/trust.ts';
import { appendEntries, type LogSigner } from '../registry/writer.ts';
import type { DecisionInput, GovernanceStages, RecordedDecision, RetireInput } from './types.ts';

export interface GovernanceDeps {
  /** Folder of the registry. */
  readonly registry: string;
  readonly trust: Trust;
  readonly log: LogSigner;
  readonly clock: Clock;
}

/** Judges one envelope against the log. @returns the person who signed @throws AssayError when it does not count */
type Judge = (envelope: Envelope, review: Review) => Person;

export function createGovernanceActivities({ registry, trust, log, clock }: GovernanceDeps): GovernanceStages {
  const files = new Files(registry);

  /** Appends what `judge` lets pass, or finds it. @returns who signed, and the log as it then is */
  function append(text: string, judge: (envelope: Envelope, entries: readonly SignedEntry[]) => Person) {
    const envelope = parseEnvelope(Buffer.from(text));
    const bytes = encodeEnvelope(envelope);
    const entry = sha256(bytes);
    let person = '';
    let entries: SignedEntry[] = [];
    appendEntries(files, log, (view) => {
      const present = view.entries().map(parseEntry);
      entries = attribute(present, trust);
      const earlier = entries.find(({ digest }) => digest === entry);
      if (earlier?.by) {
        person = earlier.by.id;
        return [];
      }
      person = judge(envelope, entries).id;
      entries = attribute([...present, parseEntry(bytes, present.length)], trust);
      return [bytes];
    });
    return { person, entry, entries };
  }

  function record({ envelope: text, line, subject: model }: RetireInput, judge: Judge) {
    const about = (entries: readonly SignedEntry[]) => ({ entries, line, model });
    const { person, entry, entries } = append(text, (envelope, present) => judge(envelope, about(present)));
    return { person, entry, review: about(entries) };
  }

  const act =
    (kind: Act) =>
    async (input: RetireInput): Promise<RecordedDecision> => {
      const { person, entry } = record(input, (envelope, review) => checkAct(kind, envelope, { ...review, trust }));
      return { person, entry };
    };

  return {
    async recordRequest({ envelope, line }) {
      const { person, entry } = append(envelope, (parsed) => judgeRequest(parsed, trust, line));
      return { person, entry };
    },
    async recordApproval(input: DecisionInput) {
      const offer = { report: input.report };
      const { person, entry, review } = record(input, (envelope, review) =>
        checkApproval(envelope, { ...review, trust, offer, nowMs: clock.now() }),
      );
      const state = approvalState(review, clock.now());
      if (['refused', 'revoked', 'decommissioned'].includes(state.state))
        throw new AssayError('ASSAY_REFUSED', { reason: `${input.subject} is ${state.state}: ${state.reason}` });
      const approved = state.state === 'approved' || state.state === 'early';
      return { person, entry, approved, approvals: approved ? state.approvals.length : quorum - state.missing };
    },
    recordRefusal: act('refusal'),
    recordWithdrawal: act('withdrawal'),
    recordRevocation: act('revocation'),
    decommission: act('decommission'),
  };
}

/** @throws ASSAY_STATEMENT_INVALID, ASSAY_KEY_UNKNOWN, ASSAY_SIGNATURE_INVALID, ASSAY_ROLE_DENIED, ASSAY_DIGEST_MISMATCH */
function judgeRequest(envelope: Envelope, trust: Trust, expected: string): Person {
  const entry = parseEntry(encodeEnvelope(envelope), 0);
  if (entry.kind !== 'request')
    throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `a ${entry.kind} is no request` });
  const by = signerOf(entry, trust);
  if (by.type !== 'person' || !by.roles.includes('quant'))
    throw new AssayError('ASSAY_ROLE_DENIED', { person: by.id, role: 'quant' });
  const { line } = entry.statement.predicate;
  if (line !== expected)
    throw new AssayError('ASSAY_DIGEST_MISMATCH', { got: `line ${line}`, expected: `line ${expected}` });
  return by;
}
