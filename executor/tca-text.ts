/** The transaction-cost report as Markdown: what it cost and why, order by order, and what the gate did. */
import { type ShortfallPart, shortfallParts } from '../market/inverse-shortfall.ts';
import type { TcaReport } from './tca.ts';

type Quality = TcaReport['total'];

export const partMeanings: Readonly<Record<ShortfallPart, string>> = {
  delay: 'from the decision to the arrival',
  timing: 'the mid moved before the fill',
  spread: 'from the mid to the touch',
  impact: 'beyond the touch',
  fees: "the venue's",
  opportunity: 'what did not fill, at the mid of the end',
};

export function tcaText(report: TcaReport): string {
  const { total, coin, parents } = report;
  const { picoCoin, bps } = total.shortfall;
  const parts = [...shortfallParts, 'total' as const].map((part) => [
    part === 'total' ? '**total**' : `${part} (${partMeanings[part]})`,
    coins(picoCoin[part]),
    bps[part].toFixed(3),
  ]);
  const orders = parents.map(({ parent, side, why, seconds, quality }) => [
    ...[String(parent), side, `${quality.filledLots} of ${quality.lots}`, why, seconds.toFixed(2)],
    ...[quality.shortfall.bps.total.toFixed(3), percent(quality.makerShare), percent(quality.participation)],
  ]);
  return [
    `# Transaction costs of ${report.policy} on ${report.line}`,
    ...(report.because === undefined ? [] : [`It ran as the fallback: ${report.because}.`]),
    `${parents.length} parent orders of up to ${report.task.lots} lots in ${report.task.horizonMs / 1000} s; ${total.filledLots} of ${total.lots} lots filled.`,
    '## Implementation shortfall',
    'Positive is a cost. The parts add up to the total exactly.',
    table(['part', coin, 'bps of the arrival notional'], parts),
    '## Orders',
    table(['order', 'side', 'lots filled', 'ended', 'seconds', 'shortfall, bps', 'as maker', 'participation'], orders),
    '## Fills',
    table(['figure', 'value'], fillRows(total)),
    '## Gate',
    gateText(report),
  ].join('\n\n');
}

/** Passed, denied and undecided, in one or two sentences. */
export function gateText({ gate }: TcaReport): string {
  const { limit, market } = gate.sent;
  const denials = Object.entries(gate.denied).map(([reason, times]) => `${reason} ${times}`);
  const undecided = Object.entries(gate.undecided).map(([reason, times]) => `${reason} ${times}`);
  return [
    `${limit.children} limit and ${market.children} market children passed (${limit.lots + market.lots} lots, ${gate.cancelledLots} of them withdrawn)`,
    denials.length > 0 ? `denied: ${denials.join(', ')}` : 'none was denied',
    ...(undecided.length > 0 ? [`no decision: ${undecided.join(', ')}`] : []),
    ...(gate.breaches > 0 ? [`${gate.breaches} reports that cannot be`] : []),
  ].join('; ');
}

/** Whole 1e-12 coin as a decimal, every digit. */
export function coins(pico: number): string {
  const digits = String(Math.abs(pico)).padStart(13, '0');
  return `${pico < 0 ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

/** Prices against benchmarks and what came after, a row each: what it is, and how much. */
export function fillRows({ againstBps, markoutsBps, makerShare, participation }: Quality): string[][] {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? 'not known' : value.toFixed(3);
  return [
    ['mean price against the mid at arrival, bps', number(againstBps.arrival)],
    ["mean price against the others' mean price, bps", number(againstBps.vwap)],
    ['mean price against the mean mid, bps', number(againstBps.twap)],
    ...[1, 5, 10].map((seconds, h) => [`the mid ${seconds} s after a fill, for us, bps`, number(markoutsBps[h])]),
    ['filled as maker', percent(makerShare)],
    ['share of the volume', percent(participation)],
  ];
}

function percent(share: number | null): string {
  return share === null ? 'not known' : `${(100 * share).toFixed(1)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
