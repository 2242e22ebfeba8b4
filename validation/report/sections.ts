/** The parts of the page, one function a section, in the order they are read. */
import { fixed, type Html, html, signed, significant } from './html.ts';
import {
  behaviourPlot,
  costDistributions,
  differencePlot,
  fidelityPlot,
  forestPlot,
  inventoryPlot,
  trainingPlot,
} from './plots.ts';
import type { GateRecord, ValidationReport } from './schema.ts';

const passedCell = (passed: boolean) =>
  html`<td class="${passed ? 'passed' : 'refused'}">${passed ? 'passed' : 'refused'}</td>`;
const orNone = (value: number | null, show: (value: number) => string) => (value === null ? 'n/a' : show(value));
const three = (value: number) => fixed(value, 3);
const signedThree = (value: number) => signed(value, 3);
const count = (value: number) => fixed(value, 0);
const figure = (plot: Html, caption: string) => html`<figure>${plot}<figcaption>${caption}</figcaption></figure>`;

const forestCaption =
  'Point: estimate. Line: lower and upper bound. Dashed tick: the margin, where it is not 0, which the upper bound has to stay below.';
const vetoCaption = 'Refused when the lower bound is above 0, or the estimate beyond the dashed tick.';

export function gatesSection(report: ValidationReport): Html {
  return html`<p>All gates have to pass. The estimate is the candidate's cost less the baseline's, both on the same paths; each bound is
one-sided. Beside every verdict stands the minimal detectable effect (MDE): the smallest true difference
that this many episodes show with 80 % power. A difference smaller than that may exist and not be seen.</p>
${panels(report.gates).map(
  ([title, gates]) =>
    html`<h3>${title}</h3>${figure(forestPlot(title, gates), gates[0].kind === 'veto' ? vetoCaption : forestCaption)}`,
)}
<div class="scroll"><table>
<caption>Every gate with its figures, basis points of the arrival notional</caption>
<thead><tr><th scope="col">Gate</th><th scope="col">Against</th><th scope="col" class="number">Estimate</th><th scope="col" class="number">Lower</th><th scope="col" class="number">Upper</th><th scope="col" class="number">Margin</th><th scope="col" class="number">MDE</th><th scope="col" class="number">Episodes</th><th scope="col">Verdict</th><th scope="col">In words</th></tr></thead>
<tbody>${report.gates.map(gateRow)}</tbody></table></div>
<p class="note">${methods(report.gates)}</p>`;
}

/** By what method, and with what confidence, each gate's bounds were found. */
function methods(gates: readonly GateRecord[]): string {
  const named = new Map<string, Set<string>>();
  for (const { method, confidence, name } of gates) {
    const how = `${method}, ${fixed(100 * confidence, 1).replace(/\.0$/, '')} %`;
    named.set(how, (named.get(how) ?? new Set()).add(name));
  }
  return [...named].map(([how, names]) => `${[...names].join(', ')}: ${how}`).join('. ');
}

function gateRow(gate: GateRecord): Html {
  const episodes =
    gate.blocks === undefined ? count(gate.episodes) : `${count(gate.episodes)} in ${gate.blocks} blocks`;
  const note = gate.note === undefined ? null : html` <span class="note">${gate.note}</span>`;
  const how = gate.scenario === 'normal' ? gate.kind : `${gate.kind}, ${gate.scenario}`;
  return html`<tr><th scope="row">${gate.name} <span class="note">${how}</span></th><td>${gate.against}</td>
<td class="number">${orNone(gate.estimateBps, signedThree)}</td><td class="number">${orNone(gate.lowBps, signedThree)}</td><td class="number">${orNone(gate.highBps, signedThree)}</td><td class="number">${orNone(gate.marginBps, three)}</td><td class="number">${orNone(gate.minimalDetectableEffectBps, three)}</td><td class="number">${episodes}</td>${passedCell(gate.passed)}<td>${gate.verdict}${note}</td></tr>
`;
}

/** Gates that share a scale and a question are drawn together. */
function panels(gates: readonly GateRecord[]): [string, GateRecord[]][] {
  const measured = gates.filter((gate) => gate.estimateBps !== null);
  const stressed = (gate: GateRecord) => gate.scenario !== 'normal' && gate.kind !== 'veto';
  const all: [string, GateRecord[]][] = [
    ['Superiority in mean shortfall', measured.filter((gate) => gate.kind === 'superiority')],
    [
      'Non-inferiority in the normal market',
      measured.filter((gate) => gate.kind === 'non-inferiority' && !stressed(gate)),
    ],
    ['Non-inferiority under stress', measured.filter((gate) => gate.kind === 'non-inferiority' && stressed(gate))],
    ['Against the champion', measured.filter((gate) => gate.kind === 'champion')],
    ['Replay of recorded events, as a veto', measured.filter((gate) => gate.kind === 'veto')],
  ];
  return all.filter(([, members]) => members.length > 0);
}

export function costsSection(report: ValidationReport): Html {
  return html`${figure(costDistributions(report.policies), 'Thin: 5 to 95 %. Thick: 25 to 75 %. Tick: median. Point: mean. Diamond: CVaR95, the mean of the worst 5 %.')}
<div class="scroll"><table><caption>Implementation shortfall including fees on the ${count(report.episodes)} validation episodes</caption>
<thead><tr><th scope="col">Policy</th><th scope="col">Role</th><th scope="col" class="number">Mean, bps</th><th scope="col" class="number">St. dev., bps</th><th scope="col" class="number">CVaR95, bps</th><th scope="col" class="number">Filled as maker</th></tr></thead>
<tbody>${report.policies.map(
    (
      policy,
    ) => html`<tr class="${policy.role}"><th scope="row">${policy.name}</th><td>${policy.role}</td><td class="number">${fixed(policy.meanBps)}</td><td class="number">${fixed(policy.stdevBps)}</td><td class="number">${fixed(policy.cvar95Bps)}</td><td class="number">${fixed(100 * policy.makerShare, 1)} %</td></tr>
`,
  )}</tbody></table></div>
<h3>Paired differences</h3>
<p>Candidate less baseline, episode by episode on the same path. Left of the line at 0 the candidate was cheaper; the heavy line is the mean.
The outermost bars also hold what lies beyond them.</p>
<div class="multiples">${report.differences.map((histogram) =>
    figure(differencePlot(histogram), `${histogram.against}: mean ${signed(histogram.meanBps)} bps`),
  )}</div>`;
}

export function baselinesSection(report: ValidationReport): Html {
  return html`<p>Every baseline runs at the best of its settings, chosen on tuning seeds that neither training nor validation has seen.</p>
<div class="scroll"><table><caption>Baselines and the settings they run at</caption>
<thead><tr><th scope="col">Baseline</th><th scope="col">Family</th><th scope="col" class="number">Settings tried</th><th scope="col">Best settings</th><th scope="col" class="number">Mean, bps</th><th scope="col" class="number">CVaR95, bps</th></tr></thead>
<tbody>${report.baselines.map(
    (
      baseline,
    ) => html`<tr><th scope="row">${baseline.name}</th><td>${baseline.family}</td><td class="number">${count(baseline.settingsTried)}</td><td>${Object.entries(
      baseline.bestSettings,
    )
      .map(([key, value]) => `${key} ${typeof value === 'number' ? significant(value) : value}`)
      .join(
        ', ',
      )}</td><td class="number">${fixed(baseline.meanBps)}</td><td class="number">${fixed(baseline.cvar95Bps)}</td></tr>
`,
  )}</tbody></table></div>`;
}

export function behaviourSection(report: ValidationReport): Html {
  const baselines = report.policies.filter((policy) => policy.role === 'baseline');
  const best = baselines.toSorted((a, b) => a.meanBps - b.meanBps)[0]?.name;
  const behaviour =
    report.behaviour.length === 0
      ? null
      : figure(
          behaviourPlot(report.behaviour),
          'Solid: fraction taken at once. Dashed: fraction left resting. Bars: share of all decisions in that bucket.',
        );
  return html`${figure(inventoryPlot(report.policies, best), `Mean fraction left. Heavy: the candidate. Dashed: ${best ?? 'none'}, the best baseline. Thin: all others. What is left at the end of the horizon is completed at once.`)}${behaviour}`;
}

export function fidelitySection(report: ValidationReport): Html {
  return html`<p>A policy can only be trusted as far as the market it was tried in. The simulated market went through the same estimators as the
recorded one; each figure has to fall inside the recording's 95 % interval.</p>
${report.fidelity.length === 0 ? null : figure(fidelityPlot(report.fidelity), 'Bar: the interval of the capture, stretched to one length. Point: the simulated market.')}
<div class="scroll"><table><caption>Recorded and simulated market, side by side</caption>
<thead><tr><th scope="col">Figure</th><th scope="col">Unit</th><th scope="col" class="number">Capture</th><th scope="col" class="number">95 % interval</th><th scope="col" class="number">Simulated</th><th scope="col">Inside</th></tr></thead>
<tbody>${report.fidelity.map(
    (
      row,
    ) => html`<tr><th scope="row">${row.name}</th><td>${row.unit}</td><td class="number">${significant(row.capture.value)}</td><td class="number">${significant(row.capture.low)} to ${significant(row.capture.high)}</td><td class="number">${significant(row.simulated.value)}</td><td class="${row.inside ? 'passed' : 'refused'}">${row.inside ? 'inside' : 'outside'}</td></tr>
`,
  )}</tbody></table></div>`;
}

export function stressSection(report: ValidationReport): Html {
  const scenarios = [...new Set(report.stress.map((figures) => figures.scenario))];
  return html`<p>The same policies, unchanged, in markets they were not tuned for. The gates above compare the candidate with the baseline that is best
in the normal market.</p>
${scenarios.map(
  (scenario) => html`<div class="scroll"><table><caption>${scenario}</caption>
<thead><tr><th scope="col">Policy</th><th scope="col" class="number">Mean, bps</th><th scope="col" class="number">CVaR95, bps</th><th scope="col" class="number">Episodes</th></tr></thead>
<tbody>${report.stress
    .filter((figures) => figures.scenario === scenario)
    .map(
      (
        figures,
      ) => html`<tr class="${figures.policy === report.candidate.name ? 'candidate' : ''}"><th scope="row">${figures.policy}</th><td class="number">${fixed(figures.meanBps)}</td><td class="number">${fixed(figures.cvar95Bps)}</td><td class="number">${count(figures.episodes)}</td></tr>
`,
    )}</tbody></table></div>`,
)}`;
}

export function replaySection(report: ValidationReport): Html {
  const { replay } = report;
  if (replay === null) return html`<p>No recorded events were replayed.</p>`;
  const vetoes = report.gates.filter((gate) => gate.kind === 'veto');
  return html`<p>${count(replay.starts)} starts, one every ${fixed(replay.everyMs / 1000, 0)} s, each as a sell and mirrored as a buy over ${fixed(replay.horizonMs / 1000, 0)} s.
Neighbouring starts overlap, so that they count as blocks no shorter than the horizon. A replay can refuse a candidate; it is too short to prove one.</p>
<ul>${vetoes.map((gate) => html`<li>${gate.against}: ${gate.verdict}; the smallest difference it could see is ${orNone(gate.minimalDetectableEffectBps, (value) => `${three(value)} bps`)}.</li>`)}</ul>
<div class="scroll"><table><caption>Mean shortfall on replayed events, bps</caption>
<thead><tr><th scope="col">Policy</th><th scope="col" class="number">Sells</th><th scope="col" class="number">Buys</th></tr></thead>
<tbody>${replay.policies.map(
    (
      row,
    ) => html`<tr class="${row.policy === report.candidate.name ? 'candidate' : ''}"><th scope="row">${row.policy}</th><td class="number">${fixed(row.meanSellBps)}</td><td class="number">${fixed(row.meanBuyBps)}</td></tr>
`,
  )}</tbody></table></div>`;
}

export function trainingSection(report: ValidationReport): Html {
  const { training } = report;
  const curve = (label: string, value: (point: (typeof training)[number]) => number | undefined) => {
    const points = training.flatMap((point) => {
      const found = value(point);
      return found === undefined ? [] : [{ step: point.step, value: found }];
    });
    return points.length < 2 ? null : figure(trainingPlot(label, points), label);
  };
  return html`<div class="multiples">${curve('Return', (point) => point.return)}${curve('Cost, bps', (point) => point.costBps)}${curve('KL divergence of an update', (point) => point.kl)}${curve('Entropy', (point) => point.entropy)}</div>`;
}

export function protocolSection(report: ValidationReport): Html {
  const { protocol } = report;
  return html`<p>Fixed before training; a change is a new version with a reason. This is version ${protocol.version}, digest <code>${protocol.digest}</code>.</p>
<div class="scroll"><table><caption>History</caption><thead><tr><th scope="col">Version</th><th scope="col">Reason</th></tr></thead>
<tbody>${protocol.history.map((entry) => html`<tr><th scope="row">${entry.version}</th><td>${entry.reason}</td></tr>`)}</tbody></table></div>
<pre>${JSON.stringify(protocol.document, null, 2)}</pre>`;
}
