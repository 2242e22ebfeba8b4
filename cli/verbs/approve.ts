/** `assay approve <model>`: sign that a version may run, within limits and a window of time. */
import type { Command } from 'commander';
import { systemClock } from '../../core/clock.ts';
import { AssayError } from '../../core/errors.ts';
import { parseCanonicalJson } from '../../core/strict-json.ts';
import { isKind, subjectOf } from '../../registry/entries.ts';
import { kindOf } from '../../registry/policy.ts';
import { parseProtocol } from '../../validation/protocol.ts';
import { missingSignatures } from '../../workflows/waiting.ts';
import { act, addVerb, usage } from '../command.ts';
import {
  atDesk,
  type Decision,
  type DecisionOptions,
  prepare,
  recordedText,
  signDecision,
  withSigning,
} from '../decide.ts';

interface Options extends DecisionOptions {
  readonly limit: readonly string[];
  readonly from?: string;
  readonly until?: string;
}

const ninetyDaysMs = 90 * 24 * 3600 * 1000;

export function addApprove(program: Command): void {
  const verb = withSigning(addVerb(program, 'approve <model>', 'sign that a version may run'))
    .option('--limit <name=number...>', 'a limit within which it may run; default: those of its protocol', [])
    .option('--from <time>', 'RFC 3339; default: now')
    .option('--until <time>', 'RFC 3339; default: in 90 days');
  act<Options>(verb, async ([model = ''], options) => {
    const decision = prepare(model, options);
    const recorded = await atDesk(decision, options, (desk) => desk.approve(sign(decision, options, desk.report)));
    const next = recorded.approved ? 'it is approved' : `waiting for ${missingSignatures(recorded.approvals)}`;
    const { line, subject } = decision;
    return { text: `${recordedText('approves', recorded, decision)}; ${next}`, value: { ...recorded, subject, line } };
  });
}

function sign(decision: Decision, { limit, from, until }: Options, report: string): string {
  const { entries } = decision.registry;
  const { line, subject: model } = decision;
  const kind = kindOf({ entries, line, model });
  if (kind === undefined)
    throw new AssayError('ASSAY_NOT_APPROVED', { subject: model, reason: 'no training statement names it' });
  const notBefore = timeOf(from, systemClock.now());
  const notAfter = timeOf(until, Date.parse(notBefore) + ninetyDaysMs);
  return signDecision(decision, 'approval', {
    line,
    kind,
    report,
    limits: limit.length > 0 ? limitsOf(limit) : protocolLimits(decision),
    notBefore,
    notAfter,
  });
}

/** What the protocol under which it was made allows. @throws ASSAY_OBJECT_MISSING */
function protocolLimits({ registry, subject }: Decision): Record<string, number> {
  const training = registry.entries.filter(isKind('training')).findLast((entry) => subjectOf(entry) === subject);
  const named = training?.statement.predicate.buildDefinition.resolvedDependencies.find(
    ({ name }) => name === 'protocol',
  );
  if (named === undefined) return {};
  return parseProtocol(parseCanonicalJson(registry.object(named.digest.sha256).toString('utf8'))).limits;
}

function limitsOf(given: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    given.map((text) => {
      const [name = '', value = ''] = text.split('=');
      if (name === '' || value === '' || !Number.isFinite(Number(value)))
        usage(`--limit takes name=number, not "${text}"`);
      return [name, Number(value)];
    }),
  );
}

function timeOf(text: string | undefined, fallbackMs: number): string {
  const ms = text === undefined ? fallbackMs : Date.parse(text);
  if (!Number.isFinite(ms)) usage(`"${text}" is no time in RFC 3339, for example 2027-01-31T00:00:00Z`);
  return new Date(ms).toISOString();
}
