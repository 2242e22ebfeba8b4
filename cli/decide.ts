/**
 * A person's decision: signed here with the person's own key, then handed to the workflow that waits for it, or, where no
 * workflow does and the log's key is at hand, judged and appended by this process. Either way the same policy judges it.
 */
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { createGovernanceActivities } from '../activities/governance.ts';
import type { RecordedApproval, RecordedDecision, StageContext } from '../activities/types.ts';
import { systemClock } from '../core/clock.ts';
import { AssayError } from '../core/errors.ts';
import { encodeEnvelope } from '../registry/dsse.ts';
import { loadKey, type SigningKey } from '../registry/keys.ts';
import { linesOf } from '../registry/line-state.ts';
import type { TrustedRegistry } from '../registry/read.ts';
import type { Kind, Predicate } from '../registry/statements/kinds.ts';
import { buildStatement, signStatement } from '../registry/statements/statement.ts';
import { loadTrust } from '../registry/trust.ts';
import { approve, refuse, status, withdraw } from '../workflows/messages.ts';
import { type Common, defaultKey, usage } from './command.ts';
import { look, reportAbout, resolveDigest } from './look.ts';
import { queueOf } from './queue.ts';
import { logSigner } from './stages.ts';
import { withTemporal } from './temporal-client.ts';

export interface DecisionOptions extends Common {
  readonly key: string;
  readonly logKey?: string;
  readonly line?: string;
  readonly report?: string;
}

/** Options of every verb that signs. */
export function withSigning(verb: Command): Command {
  return verb
    .option('--key <file>', 'your private key', defaultKey())
    .option('--line <line>', 'the line it is about, where the digest is on several')
    .option('--report <digest>', 'the report you read; default: the one under review')
    .option('--log-key <file>', "the log's private key: append here instead of asking the workflow");
}

export interface Decision {
  readonly registry: TrustedRegistry;
  readonly subject: string;
  readonly line: string;
  readonly key: SigningKey;
}

/** What a decision is about: the digest in full and its line. @throws ASSAY_NOT_FOUND, ASSAY_USAGE, ASSAY_KEY_MISSING */
export function prepare(text: string, options: DecisionOptions): Decision {
  const registry = look(options);
  const subject = resolveDigest(text, registry.entries);
  const lines = linesOf(registry.entries).filter((line) =>
    registry.line(line).versions.some(({ model }) => model === subject),
  );
  const line = options.line ?? lines[0];
  if (line === undefined || !lines.includes(line))
    throw new AssayError('ASSAY_NOT_FOUND', { what: `a version ${text}${options.line ? ` of ${options.line}` : ''}` });
  if (options.line === undefined && lines.length > 1)
    usage(`${text} is on the lines ${lines.join(', ')}; choose with --line`);
  return { registry, subject, line, key: loadKey(options.key) };
}

/** The signed statement as JSON text. */
export function signDecision<K extends Kind>({ subject, key }: Decision, kind: K, predicate: Predicate<K>): string {
  return encodeEnvelope(
    signStatement(buildStatement(kind, { name: 'model', sha256: subject }, predicate), key),
  ).toString();
}

/** Where decisions about an open review are handed in. Each takes an envelope and answers when it is in the log. */
export interface Desk {
  /** Digest of the report under review. */
  readonly report: string;
  approve(envelope: string): Promise<RecordedApproval>;
  refuse(envelope: string): Promise<RecordedDecision>;
  withdraw(envelope: string): Promise<RecordedDecision>;
}

/** Runs `use` at the desk of the workflow that reviews the subject or, with the log's key, at one in this process. */
export async function atDesk<T>(
  decision: Decision,
  options: DecisionOptions,
  use: (desk: Desk) => Promise<T>,
): Promise<T> {
  const governance = localGovernance(options);
  if (!governance) return withTemporal(async (client) => use(await reviewDesk(client, decision, options)));
  const { line, subject } = decision;
  const report = options.report ?? reportOf(decision);
  const about = (envelope: string) => ({ envelope, line, subject, report });
  return use({
    report,
    approve: (envelope) => governance.recordApproval(about(envelope), atOnce),
    refuse: (envelope) => governance.recordRefusal(about(envelope), atOnce),
    withdraw: (envelope) => governance.recordWithdrawal(about(envelope), atOnce),
  });
}

/** The governance stages in this process, when the log's key was given. */
export function localGovernance({ registry, trust: path, logKey }: DecisionOptions) {
  if (logKey === undefined) return undefined;
  const trust = loadTrust(path);
  return createGovernanceActivities({ registry, trust, log: logSigner(trust, logKey), clock: systemClock });
}

/** Governance in the caller's process is short and not cancelled. */
export const atOnce: StageContext = { signal: new AbortController().signal, progress: () => {} };

/** @throws ASSAY_NOT_FOUND when no workflow reviews the subject */
async function reviewDesk(
  client: Client,
  { subject, line }: Decision,
  { report, trust }: DecisionOptions,
): Promise<Desk> {
  const open = "WorkflowType IN ('run', 'openLine') AND ExecutionStatus = 'Running'";
  const query = `${open} AND TaskQueue = '${queueOf('governance', trust)}'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(workflowId);
    const state = await handle.query(status);
    if (state.stage !== 'review' || state.artifacts.subject !== subject || state.line !== line) continue;
    return {
      report: report ?? state.artifacts.report ?? '',
      approve: (envelope) => handle.executeUpdate(approve, { args: [{ envelope }] }),
      refuse: (envelope) => handle.executeUpdate(refuse, { args: [{ envelope }] }),
      withdraw: (envelope) => handle.executeUpdate(withdraw, { args: [{ envelope }] }),
    };
  }
  throw new AssayError('ASSAY_NOT_FOUND', { what: `an open review of ${subject} on line ${line}` });
}

/** @throws ASSAY_USAGE */
function reportOf({ registry, subject }: Decision): string {
  return (
    reportAbout(subject, registry.entries) ?? usage('no statement names a report; name the one you read with --report')
  );
}

export function recordedText(what: string, { person, entry }: RecordedDecision, decision: Decision): string {
  return `${person} ${what} ${decision.subject} on ${decision.line} (entry ${entry})`;
}
