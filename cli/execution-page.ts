/** What an execution did, as one self-contained page: what it cost and why, each order fill by fill, and what the gate said. */
import * as Plot from '@observablehq/plot';
import type { JournaledParent, JournaledRun } from '../executor/read-journal.ts';
import type { TcaReport } from '../executor/tca.ts';
import { coins, fillRows, gateText, partMeanings } from '../executor/tca-text.ts';
import { shortfallParts } from '../market/inverse-shortfall.ts';
import { htmlDocument } from '../validation/report/document.ts';
import { accent, draw, ink, muted, rule } from '../validation/report/draw.ts';
import { fixed, type Html, html, signed } from '../validation/report/html.ts';

/** @param journal the one that the report was made from */
export function renderExecution(report: TcaReport, journal: JournaledRun): string {
  const { policy, line, model, because, total, parents, task, coin } = report;
  const title = `Execution of ${policy}, line ${line}`;
  const { bps, picoCoin } = total.shortfall;
  return htmlDocument(
    title,
    html`<header>
<h1>${title}</h1>
<p class="subject">Version <code>${model}</code></p>
${whyItRan(because)}
<p>${parents.length} parent orders of up to ${fixed(task.lots, 0)} lots in ${task.horizonMs / 1000} s, on paper: ${fixed(total.filledLots, 0)} of ${fixed(total.lots, 0)} lots filled,
for ${fixed(bps.total, 3)} bps of the arrival notional, ${coins(picoCoin.total)} ${coin}.</p>
</header>
<main>
<section><h2>Implementation shortfall</h2>
<figure>${partsPlot(bps)}<figcaption>From nothing to the total, part by part; a cost goes to the right. The parts add up to the total exactly.</figcaption></figure>
${table(
  ['part', 'what it is', coin, 'bps'],
  [...shortfallParts, 'total' as const].map((part) => [
    part,
    part === 'total' ? '' : partMeanings[part],
    coins(picoCoin[part]),
    signed(bps[part], 3),
  ]),
)}</section>
<section><h2>Orders</h2>
${table(
  ['order', 'side', 'ended', 'filled', 'of', 'seconds', 'shortfall, bps'],
  parents.map(({ parent, side, why, seconds, quality }) => [
    ...[String(parent), side, why, fixed(quality.filledLots, 0), fixed(quality.lots, 0), fixed(seconds, 1)],
    signed(quality.shortfall.bps.total, 3),
  ]),
)}
<p>Each dot is a fill, its area the lots: above the line it was worse than the mid at arrival. Below it, what was left of the order.</p>
<div class="multiples">${journal.parents.map((parent) => orderFigure(parent, task.horizonMs))}</div></section>
<section><h2>Fills</h2>
${table(['figure', 'value'], fillRows(total))}</section>
<section><h2>Gate</h2>
<p>${gateText(report)}.</p></section>
</main>
<footer><p>Made from the journal with digest <code>${report.journal}</code>, on the dataset <code>${report.dataset}</code>. Orders are on paper: the
recording did not move for them. Positive is a cost; basis points are of the arrival notional.</p></footer>`,
  );
}

function whyItRan(because: string | undefined): Html {
  if (because === undefined)
    return html`<div class="verdict passed" role="note"><strong>As approved</strong><p>It ran as it was approved.</p></div>`;
  return html`<div class="verdict refused" role="note"><strong>Fallback</strong>
<p>It ran as the line's fallback, because what was wanted was refused with <code>${because}</code>.</p></div>`;
}

/** The first column names the row; one of numbers alone is set to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): Html {
  const isNumber = (column: number) => rows.every((row) => /^[-−+\d.,]+( %)?$|^not known$/.test(row[column]));
  const numeric = head.map((_, column) => column > 0 && isNumber(column));
  const cell = (text: string, column: number) =>
    column === 0
      ? html`<th scope="row">${text}</th>`
      : html`<td${numeric[column] ? html` class="number"` : null}>${text}</td>`;
  return html`<div class="scroll"><table><thead><tr>${head.map((name, column) => html`<th scope="col"${numeric[column] ? html` class="number"` : null}>${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}

function partsPlot(bps: TcaReport['total']['shortfall']['bps']): Html {
  let from = 0;
  const steps = shortfallParts.map((part) => {
    const to = from + bps[part];
    const step = { part, from, to, cost: bps[part] };
    from = to;
    return step;
  });
  const rows = [...steps, { part: 'total', from: 0, to: bps.total, cost: bps.total }];
  return draw('Implementation shortfall by part', {
    width: 900,
    height: 50 + rows.length * 24,
    marginLeft: 100,
    marginRight: 70,
    x: { label: 'bps of the arrival notional', labelAnchor: 'center', labelArrow: 'none', labelOffset: 36 },
    y: { domain: rows.map(({ part }) => part), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: ink, strokeOpacity: 0.6 }),
      Plot.barX(rows, {
        y: 'part',
        x1: 'from',
        x2: 'to',
        fill: (row) => (row.part === 'total' ? ink : row.cost > 0 ? 'var(--refused)' : 'var(--passed)'),
        fillOpacity: 0.75,
        insetTop: 4,
        insetBottom: 4,
      }),
      Plot.text(rows, {
        y: 'part',
        x: (row) => Math.max(row.from, row.to),
        text: (row) => signed(row.cost, 3),
        textAnchor: 'start',
        dx: 6,
        fill: ink,
      }),
    ],
  });
}

function orderFigure({ opened, fills, closed }: JournaledParent, horizonMs: number): Html {
  const { parent, side, lots, timeMs, bidTicks, askTicks } = opened;
  const arrival = (bidTicks + askTicks) / 2;
  const sign = side === 'buy' ? 1 : -1;
  const cost = (ticks: number) => (sign * (ticks - arrival) * 1e4) / arrival;
  const seconds = (ms: number) => (ms - timeMs) / 1000;
  const domain = [0, horizonMs / 1000];
  let left = lots;
  const remaining = [{ at: 0, left: 1 }];
  for (const fill of fills) {
    left -= fill.lots;
    remaining.push({ at: seconds(fill.timeMs), left: left / lots });
  }
  if (closed !== undefined) remaining.push({ at: seconds(closed.timeMs), left: closed.unfilledLots / lots });
  const size = { width: 290, marginLeft: 40, marginRight: 8 };
  const name = `order ${parent}, a ${side} of ${fixed(lots, 0)} lots`;
  return html`<figure>${draw(`Fills of ${name}`, {
    ...size,
    height: 120,
    marginBottom: 8,
    x: { domain, axis: null },
    y: { label: null, ticks: 4, nice: true },
    r: { range: [1.5, 7] },
    marks: [
      Plot.ruleY([0], { stroke: rule }),
      Plot.dot(fills, {
        x: (fill) => seconds(fill.timeMs),
        y: (fill) => cost(fill.ticks),
        r: 'lots',
        fill: (fill) => (fill.liquidity === 'maker' ? accent : 'var(--refused)'),
        fillOpacity: 0.7,
      }),
    ],
  })}${draw(`What was left of ${name}`, {
    ...size,
    height: 80,
    marginBottom: 24,
    x: { domain, label: null, ticks: 4, tickFormat: (s: number) => `${s} s` },
    y: { domain: [0, 1], label: null, ticks: 2, tickFormat: (left: number) => `${100 * left} %` },
    marks: [
      Plot.areaY(remaining, { x: 'at', y1: 0, y2: 'left', curve: 'step-after', fill: muted, fillOpacity: 0.3 }),
      Plot.ruleY([0], { stroke: rule }),
    ],
  })}<figcaption>${name}: bps from the mid at arrival, and what was left</figcaption></figure>
`;
}
