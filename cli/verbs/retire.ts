/** `assay revoke <model>` and `assay decommission <model>`: signed acts after which no executor runs a version. */
import type { Command } from 'commander';
import type { RecordedDecision } from '../../activities/types.ts';
import { sha256 } from '../../core/digest.ts';
import { act, addVerb } from '../command.ts';
import {
  atOnce,
  type DecisionOptions,
  localGovernance,
  prepare,
  recordedText,
  signDecision,
  withSigning,
} from '../decide.ts';
import { short } from '../look.ts';
import { queueOf } from '../queue.ts';
import { withTemporal } from '../temporal-client.ts';

interface Options extends DecisionOptions {
  readonly reason: string;
}

const acts = {
  revoke: {
    kind: 'revocation',
    record: 'recordRevocation',
    says: 'revokes',
    help: 'say that a version must not run any more',
  },
  decommission: {
    kind: 'decommission',
    record: 'decommission',
    says: 'decommissions',
    help: 'end the life of a version',
  },
} as const;

export function addRetire(program: Command): void {
  for (const [name, { kind, record, says, help }] of Object.entries(acts)) {
    const verb = withSigning(addVerb(program, `${name} <model>`, help)).requiredOption('--reason <text>', 'why');
    act<Options>(verb, async ([model = ''], options) => {
      const decision = prepare(model, options);
      const { line, subject } = decision;
      const envelope = signDecision(decision, kind, { line, reason: options.reason });
      const input = { envelope, line, subject };
      const governance = localGovernance(options);
      const recorded: RecordedDecision = governance
        ? await governance[record](input, atOnce)
        : await withTemporal((client) =>
            client.workflow.execute(name, {
              workflowId: `${name}:${line}:${short(sha256(envelope))}`,
              taskQueue: queueOf('governance', options.trust),
              args: [input],
            }),
          );
      return { text: recordedText(says, recorded, decision), value: { ...recorded, subject, line } };
    });
  }
}
