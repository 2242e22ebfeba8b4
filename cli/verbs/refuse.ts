/** `assay refuse <model>`: a validator says no; final for this model and its report. */
import type { Command } from 'commander';
import { act, addVerb } from '../command.ts';
import { atDesk, type DecisionOptions, prepare, recordedText, signDecision, withSigning } from '../decide.ts';

interface Options extends DecisionOptions {
  readonly reason: string;
}

export function addRefuse(program: Command): void {
  const verb = withSigning(addVerb(program, 'refuse <model>', 'say no to the version under review'));
  act<Options>(verb.requiredOption('--reason <text>', 'why'), async ([model = ''], options) => {
    const decision = prepare(model, options);
    const { line, subject } = decision;
    const recorded = await atDesk(decision, options, (desk) =>
      desk.refuse(signDecision(decision, 'refusal', { line, report: desk.report, reason: options.reason })),
    );
    return { text: recordedText('refuses', recorded, decision), value: { ...recorded, subject, line } };
  });
}
