/** What an execution did, for people: what ran and why, what it cost and in which parts, what the gate said, where it is written. */
import { join } from 'node:path';
import type { ExecuteInput, ExecuteResult } from '../activities/types.ts';
import { parseTca, type TcaReport } from '../executor/tca.ts';
import { coins, gateText } from '../executor/tca-text.ts';
import { shortfallParts } from '../market/inverse-shortfall.ts';
import { Files } from '../registry/files.ts';
import { getObject, objectPath } from '../registry/store.ts';
import type { Answer } from './command.ts';
import { short } from './look.ts';

/** Exit code 1 when a version was asked for and another one ran. @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT */
export function executedAnswer(
  registry: string,
  { line, model }: ExecuteInput,
  result: ExecuteResult,
): Answer & { readonly value: Record<string, unknown> } {
  const report = parseTca(getObject(new Files(registry), result.report), result.report);
  const pathOf = (digest: string) => join(registry, objectPath(digest));
  const { total, parents, gate } = report;
  const refused = model !== undefined && result.ran !== model;
  const rows = [
    ...whatRan(line, report, { ...result, ...(model !== undefined && { model }) }),
    ['orders', `${parents.length} parent orders, ${total.filledLots} of ${total.lots} lots filled`],
    ...shortfallRows(report),
    ['gate', gateText(report)],
    ['deployed', `entry ${result.statement}`],
    ['journal', pathOf(result.journal)],
    ['report', pathOf(result.report)],
  ];
  return {
    text: rows.map(([what = '', said = '']) => `${what.padEnd(11)}  ${said}`).join('\n'),
    value: { ...result, asked: model, policy: report.policy, orders: parents.length, total, gate },
    exit: refused ? 1 : 0,
  };
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
