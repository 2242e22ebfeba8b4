/** `assay approve <model>`: sign that a version may run, within limits and a window of time. */
import type { Command } from 'commander';
import { systemClock } from '../../core/clock.ts';
import { AssayError } from '../../core/errors.ts';
import { kindOf } from '../../registry/policy.ts';
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
    .option('--limit <name=number...>', 'a limit within which it may run; repeat for more', [])
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
  return signDecision(decision, 'approval', { line, kind, report, limits: limitsOf(limit), notBefore, notAfter });
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
