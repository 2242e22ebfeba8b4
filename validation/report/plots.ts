/** The figures of a validation report. */
import * as Plot from '@observablehq/plot';
import { accent, draw, ink, muted, rule } from './draw.ts';
import { fixed, type Html, signed } from './html.ts';
import type { DifferenceHistogram, FidelityRecord, GateRecord, PolicyFigures, ValidationReport } from './schema.ts';

/** Differences with their bounds, the margin each bound has to stay below, and the smallest effect each could see. */
export function forestPlot(label: string, gates: readonly GateRecord[]): Html {
  const rows = gates.map((gate, i) => ({ gate, y: `${i}`, name: rowLabel(gate) }));
  const ends = gates.flatMap((gate) => [gate.estimateBps, gate.lowBps, gate.highBps, gate.marginBps, 0]);
  const finite = ends.filter((value) => value !== null);
  const [low, high] = padded(Math.min(...finite), Math.max(...finite));
  const colour = (row: (typeof rows)[number]) => (row.gate.passed ? 'var(--passed)' : 'var(--refused)');
  const names = Object.fromEntries(rows.map((row) => [row.y, row.name]));
  return draw(label, {
    width: 900,
    height: 50 + rows.length * 24,
    marginLeft: 265,
    marginRight: 230,
    x: {
      domain: [low, high],
      label: 'candidate less baseline, bps (left is cheaper)',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 36,
      ticks: 5,
    },
    y: { domain: rows.map((row) => row.y), label: null, tickSize: 0, tickFormat: (y: string) => names[y] },
    marks: [
      Plot.ruleX([0], { stroke: ink, strokeOpacity: 0.6 }),
      Plot.ruleY(rows, {
        y: 'y',
        x1: (row) => row.gate.lowBps ?? low,
        x2: (row) => row.gate.highBps ?? high,
        stroke: colour,
        strokeWidth: 1.75,
      }),
      Plot.dot(rows, { y: 'y', x: (row) => row.gate.estimateBps, r: 3.5, fill: colour }),
      Plot.tickX(
        rows.filter((row) => row.gate.marginBps),
        { y: 'y', x: (row) => row.gate.marginBps, stroke: ink, strokeWidth: 1.5, strokeDasharray: '2,2', inset: 3 },
      ),
      Plot.text(rows, {
        y: 'y',
        frameAnchor: 'right',
        textAnchor: 'start',
        dx: 12,
        fill: ink,
        text: (row) => `${row.gate.passed ? 'passed' : 'refused'}   ${estimateText(row.gate)}`,
      }),
    ],
  });
}

/** A scenario's name is long, and all of its rows are against the same baseline: the table says which. */
function rowLabel(gate: GateRecord): string {
  return gate.kind === 'non-inferiority' && gate.scenario !== 'normal' ? gate.scenario : gateLabel(gate);
}

export function gateLabel(gate: GateRecord): string {
  const figure = gate.statistic === 'cvar95' ? 'CVaR95' : 'mean';
  const where = gate.scenario === 'normal' ? '' : `, ${gate.scenario}`;
  return `${gate.against}: ${figure}${where}`;
}

function estimateText(gate: GateRecord): string {
  const effect = gate.minimalDetectableEffectBps;
  return `${gate.estimateBps === null ? 'n/a' : signed(gate.estimateBps, 3)}   MDE ${effect === null ? 'n/a' : fixed(effect, 3)}`;
}

function padded(low: number, high: number): [number, number] {
  const pad = Math.max(1e-6, high - low) * 0.06;
  return [low - pad, high + pad];
}

/** One row a policy: 5-95 % thin, 25-75 % thick, median, mean and CVaR95. */
export function costDistributions(policies: readonly PolicyFigures[]): Html {
  const rows = policies.map((policy) => {
    const at = (p: number) => policy.quantilesBps[Math.round(p * (policy.quantilesBps.length - 1))];
    return { name: policy.name, policy, q05: at(0.05), q25: at(0.25), q50: at(0.5), q75: at(0.75), q95: at(0.95) };
  });
  const colour = (row: (typeof rows)[number]) => (row.policy.role === 'candidate' ? accent : muted);
  return draw('Distribution of cost by policy', {
    width: 900,
    height: 50 + rows.length * 22,
    marginLeft: 265,
    x: {
      label: 'implementation shortfall, bps of the arrival notional',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 36,
      grid: false,
    },
    y: { domain: rows.map((row) => row.name), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: rule }),
      Plot.ruleY(rows, { y: 'name', x1: 'q05', x2: 'q95', stroke: colour, strokeWidth: 1.25 }),
      Plot.ruleY(rows, { y: 'name', x1: 'q25', x2: 'q75', stroke: colour, strokeWidth: 6, strokeOpacity: 0.55 }),
      Plot.tickX(rows, { y: 'name', x: 'q50', stroke: ink, strokeWidth: 1.5, inset: 1 }),
      Plot.dot(rows, { y: 'name', x: (row) => row.policy.meanBps, r: 2.75, fill: colour }),
      Plot.dot(rows, { y: 'name', x: (row) => row.policy.cvar95Bps, r: 3.5, symbol: 'diamond', stroke: colour }),
    ],
  });
}

export function differencePlot(histogram: DifferenceHistogram): Html {
  const { edgesBps, counts, meanBps } = histogram;
  const bars = counts.map((count, i) => ({ count, low: edgesBps[i], high: edgesBps[i + 1] }));
  return draw(`Paired differences against ${histogram.against}`, {
    width: 290,
    height: 130,
    marginLeft: 8,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 28,
    x: { label: null, ticks: 5 },
    y: { axis: null },
    marks: [
      Plot.rectY(bars, { x1: 'low', x2: 'high', y: 'count', fill: muted, fillOpacity: 0.45, insetLeft: 0.5 }),
      Plot.ruleX([0], { stroke: ink, strokeOpacity: 0.6 }),
      Plot.ruleX([meanBps], { stroke: accent, strokeWidth: 2 }),
    ],
  });
}

/** Mean fraction left by time, the candidate heavy, the best baseline dark, the rest thin. */
export function inventoryPlot(policies: readonly PolicyFigures[], best: string | undefined): Html {
  const points = policies.flatMap((policy) =>
    [1, ...policy.remaining].map((left, i) => ({ policy, left, time: i / policy.remaining.length })),
  );
  const of = (keep: (policy: PolicyFigures) => boolean) => points.filter((point) => keep(point.policy));
  const line = (keep: (policy: PolicyFigures) => boolean, style: Plot.LineYOptions) =>
    Plot.lineY(of(keep), { x: 'time', y: 'left', z: (point) => point.policy.name, ...style });
  const isBest = (policy: PolicyFigures) => policy.name === best && policy.role !== 'candidate';
  const isOther = (policy: PolicyFigures) => policy.role !== 'candidate' && !isBest(policy);
  return draw('Mean fraction of the parent order left over time', {
    width: 900,
    height: 300,
    x: {
      label: 'fraction of the horizon gone',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 36,
      domain: [0, 1],
    },
    marginTop: 24,
    y: { label: 'fraction left', labelArrow: 'none', domain: [0, 1], grid: false, ticks: 5 },
    marks: [
      Plot.ruleY([0], { stroke: rule }),
      line(isOther, { stroke: muted, strokeOpacity: 0.55, strokeWidth: 1 }),
      line(isBest, { stroke: ink, strokeWidth: 1.75, strokeDasharray: '5,3' }),
      line((policy) => policy.role === 'candidate', { stroke: accent, strokeWidth: 2.75 }),
    ],
  });
}

/** Where the simulated figure falls in the capture's interval, every interval drawn from -1 to 1. */
export function fidelityPlot(rows: readonly FidelityRecord[]): Html {
  const points = rows.map((row) => {
    const half = Math.max(1e-12, (row.capture.high - row.capture.low) / 2);
    const raw = (row.simulated.value - (row.capture.low + row.capture.high) / 2) / half;
    return { name: row.name, inside: row.inside, at: Math.min(3, Math.max(-3, raw)) };
  });
  return draw('Simulated figures within the intervals of the capture', {
    width: 900,
    height: 50 + rows.length * 20,
    marginLeft: 265,
    x: {
      domain: [-3, 3],
      label: 'position in the 95 % interval of the capture (its ends are −1 and 1; beyond ±3 drawn at the edge)',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 36,
      ticks: 7,
    },
    y: { domain: points.map((point) => point.name), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([-1, 1], { stroke: muted, strokeDasharray: '2,2' }),
      Plot.ruleY(points, { y: 'name', x1: -1, x2: 1, stroke: rule, strokeWidth: 6 }),
      Plot.dot(points, {
        y: 'name',
        x: 'at',
        r: 3.5,
        fill: (point) => (point.inside ? 'var(--passed)' : 'var(--refused)'),
      }),
    ],
  });
}

/** Mean action by queue imbalance: what rests, what crosses, and how often each bucket occurs. */
export function behaviourPlot(buckets: ValidationReport['behaviour']): Html {
  const points = buckets.map((bucket) => ({ ...bucket, middle: (bucket.low + bucket.high) / 2 }));
  const last = points.slice(-1);
  return draw('Mean action by queue imbalance', {
    width: 900,
    height: 240,
    marginRight: 70,
    x: {
      label: 'queue imbalance at the decision (positive: the price is likely to move against the order)',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 36,
    },
    marginTop: 24,
    y: { label: 'fraction of what is left', labelArrow: 'none', domain: [0, 1], ticks: 5 },
    marks: [
      Plot.rectY(points, { x1: 'low', x2: 'high', y: 'share', fill: muted, fillOpacity: 0.25, insetLeft: 1 }),
      Plot.lineY(points, { x: 'middle', y: 'post', stroke: ink, strokeWidth: 1.75, strokeDasharray: '5,3' }),
      Plot.lineY(points, { x: 'middle', y: 'cross', stroke: accent, strokeWidth: 2.25 }),
      Plot.text(last, { x: 'high', y: 'post', text: ['rests'], textAnchor: 'start', dx: 6, fill: ink }),
      Plot.text(last, { x: 'high', y: 'cross', text: ['crosses'], textAnchor: 'start', dx: 6, fill: accent }),
    ],
  });
}

export function trainingPlot(
  label: string,
  points: readonly { readonly step: number; readonly value: number }[],
): Html {
  return draw(`${label} by training step`, {
    width: 290,
    height: 140,
    marginLeft: 44,
    marginTop: 10,
    marginBottom: 28,
    x: {
      label: null,
      ticks: 3,
      tickFormat: (step: number) => (step >= 1e6 ? `${step / 1e6} M` : step >= 1e3 ? `${step / 1e3} k` : `${step}`),
    },
    y: { label: null, ticks: 4, zero: false },
    marks: [Plot.lineY(points, { x: 'step', y: 'value', stroke: accent, strokeWidth: 1.5 })],
  });
}
