/** What an execution did, for people: what ran and why, what it cost and in which parts, what the gate said, where it is written. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecuteInput, ExecuteResult } from '../activities/types.ts';
import { parseTca, type TcaReport } from '../executor/tca.ts';
import { coins, gateText, tcaText } from '../executor/tca-text.ts';
import { shortfallParts } from '../market/inverse-shortfall.ts';
import { Files } from '../registry/files.ts';
import { getObject, objectPath } from '../registry/store.ts';
import type { Answer } from './command.ts';
import { short } from './look.ts';

export interface Where {
  readonly registry: string;
  /** Folder for copies that people can find and read; left out: none are written. */
  readonly out?: string | undefined;
}

/** Exit code 1 when a version was asked for and another one ran. @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT */
export function executedAnswer({ line, model }: ExecuteInput, result: ExecuteResult, { registry, out }: Where): Answer {
  const files = new Files(registry);
  const report = parseTca(getObject(files, result.report), result.report);
  const paths = out === undefined ? undefined : writeCopies(out, getObject(files, result.journal), report);
  const pathOf = (digest: string) => join(registry, objectPath(digest));
  const { total, parents, gate } = report;
  const refused = model !== undefined && result.ran !== model;
  const rows = [
    ...whatRan(line, report, { ...result, ...(model !== undefined && { model }) }),
    ['orders', `${parents.length} parent orders, ${total.filledLots} of ${total.lots} lots filled`],
    ...shortfallRows(report),
    ['gate', gateText(report)],
    ['deployed', `entry ${result.statement}`],
    ['journal', paths?.journal ?? pathOf(result.journal)],
    ['report', paths?.report ?? pathOf(result.report)],
  ];
  return {
    text: rows.map(([what = '', said = '']) => `${what.padEnd(11)}  ${said}`).join('\n'),
    value: { ...result, asked: model, policy: report.policy, orders: parents.length, total, gate },
    exit: refused ? 1 : 0,
  };
}

function writeCopies(folder: string, journal: Uint8Array, report: TcaReport): { journal: string; report: string } {
  const at = (name: string) => join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(at('journal.ndjson'), journal);
  writeFileSync(at('costs.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(at('costs.md'), `${tcaText(report)}\n`);
  return { journal: at('journal.ndjson'), report: at('costs.md') };
}

function whatRan(line: string, { policy }: TcaReport, result: ExecuteResult & { readonly model?: string }): string[][] {
  const { ran, model, fallbackBecause, fallbackReason } = result;
  const what = `${policy} (${short(ran)})`;
  if (fallbackBecause === undefined) return [['ran', `${what}, approved for ${line}`]];
  const wanted = model === undefined ? `A model of ${line}` : `The version asked for, ${short(model)},`;
  return [
    ['ran', `${what}, the fallback of ${line}`],
    ['because', `${wanted} did not run: ${fallbackBecause}: ${fallbackReason}`],
  ];
}

function shortfallRows({ coin, total: { shortfall } }: TcaReport): string[][] {
  const figure = (part: keyof typeof shortfall.bps) =>
    `${shortfall.bps[part].toFixed(3).padStart(9)} bps  ${coins(shortfall.picoCoin[part]).padStart(16)} ${coin}`;
  return [
    ['shortfall', `${figure('total')}  of the arrival notional; the parts add up exactly`],
    ...shortfallParts.map((part) => [`  ${part}`, figure(part)]),
  ];
}
