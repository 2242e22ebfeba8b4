/** `assay withdraw <model>`: take one's own approval back. */
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { isKind, subjectOf } from '../../registry/entries.ts';
import { act, addVerb } from '../command.ts';
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
  readonly reason: string;
}

export function addWithdraw(program: Command): void {
  const verb = withSigning(addVerb(program, 'withdraw <model>', 'take your approval back'));
  act<Options>(verb.requiredOption('--reason <text>', 'why'), async ([model = ''], options) => {
    const decision = prepare(model, options);
    const { line, subject } = decision;
    const withdrawal = { line, approval: ownApproval(decision), reason: options.reason };
    const recorded = await atDesk(decision, options, (desk) =>
      desk.withdraw(signDecision(decision, 'withdrawal', withdrawal)),
    );
    return {
      text: recordedText('withdraws the approval of', recorded, decision),
      value: { ...recorded, subject, line },
    };
  });
}

/** The entry of the newest approval signed with this key. @throws ASSAY_NOT_FOUND */
function ownApproval({ registry, subject, line, key }: Decision): string {
  const mine = registry.entries
    .filter(isKind('approval'))
    .filter(
      (entry) => entry.keyid === key.keyid && subjectOf(entry) === subject && entry.statement.predicate.line === line,
    );
  const newest = mine.at(-1);
  if (newest === undefined) throw new AssayError('ASSAY_NOT_FOUND', { what: `an approval of ${subject} by this key` });
  return newest.digest;
}
