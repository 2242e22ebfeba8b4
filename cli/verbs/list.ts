/** `assay list`: the lines, their versions, and what waits for whom. */
import type { Command } from 'commander';
import { type LineState, linesOf, type Version } from '../../registry/line-state.ts';
import { act, addVerb } from '../command.ts';
import { look, short, table } from '../look.ts';

export function addList(program: Command): void {
  act(addVerb(program, 'list', 'lines, versions, and what waits for whom'), (_args, options) => {
    const registry = look(options);
    const lines = linesOf(registry.entries).map((name) => registry.line(name));
    const rows = lines.flatMap((state) => state.versions.map((version) => rowOf(state, version)));
    const head = ['line', 'version', 'kind', 'digest', 'state', 'why'];
    const text = rows.length > 0 ? table([head, ...rows]) : 'no line has a version yet';
    const value = lines.map(({ line, versions, champion, fallback }) => ({
      line,
      champion: champion?.model,
      fallback: fallback?.model,
      versions: versions.map(({ number, model, kind, candidate, approval }) => ({
        number,
        model,
        kind,
        candidate,
        ...approval,
      })),
    }));
    return { text, value: { lines: value } };
  });
}

function rowOf({ line, champion, fallback }: LineState, { number, model, kind, approval }: Version): string[] {
  const part = model === champion?.model ? 'champion' : model === fallback?.model ? 'fallback' : (kind ?? 'unknown');
  return [line, String(number), part, short(model), approval.state, waitingFor(approval) ?? briefly(approval.reason)];
}

/** `assay show` has the whole of it. */
function briefly(reason: string): string {
  return reason.length > 80 ? `${reason.slice(0, 77)}...` : reason;
}

/** Whom the line waits for, when somebody can do something about it. */
export function waitingFor({ state, missing, signers, reason }: Version['approval']): string | undefined {
  if (state !== 'waiting') return undefined;
  const signed = signers.length > 0 ? `, after ${signers.join(' and ')}` : '';
  return missing > 0 ? `${missing} validator${missing === 1 ? '' : 's'} outside its lineage${signed}` : reason;
}
