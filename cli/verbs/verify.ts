/** `assay verify <line>`: everything that a line vouches for, its statements, signatures and objects. */
import type { Command } from 'commander';
import { act, addVerb } from '../command.ts';
import { look, short } from '../look.ts';

export function addVerify(program: Command): void {
  act(addVerb(program, 'verify <line>', 'verify all that a line vouches for'), ([line = ''], options) => {
    const closure = look(options).verifyClosure(line);
    const versions = closure.versions.map(({ number, model, kind, approval }) => ({
      number,
      model,
      kind,
      ...approval,
    }));
    const lines = [
      ...versions.map(({ number, model, kind, reason }) => `version ${number}  ${short(model)}  ${kind}  ${reason}`),
      `verifies: ${closure.statements} statements, ${closure.objects} objects here, ${closure.elsewhere.length} named and kept elsewhere`,
    ];
    return { text: lines.join('\n'), value: { ...closure, versions } };
  });
}
