/**
 * The validation report as one self-contained page: no script, no request, the same bytes for the same report.
 * A refusal gets the same page as a pass.
 */
import { digestJson } from '../../core/digest.ts';
import { htmlDocument } from './document.ts';
import { fixed, type Html, html, signed } from './html.ts';
import type { GateRecord, ValidationReport } from './schema.ts';
import {
  baselinesSection,
  behaviourSection,
  costsSection,
  fidelitySection,
  gatesSection,
  protocolSection,
  replaySection,
  stressSection,
  trainingSection,
} from './sections.ts';

/** The page of a report that `parseReport` accepted. UTF-8. */
export function renderReport(report: ValidationReport): string {
  const sections = sectionsOf(report);
  const title = `Validation of ${report.candidate.name}, line ${report.line}`;
  const body = html`<header>
<h1>${title}</h1>
<p class="subject">Model <code>${report.candidate.digest}</code></p>
${verdictBox(report)}
${summary(report)}
<nav aria-label="Contents"><ol>${sections.map(([name], i) => html`<li><a href="#s${i + 1}">${name}</a></li>`)}</ol></nav>
</header>
<main>
${sections.map(
  ([name, body], i) => html`<section aria-labelledby="s${i + 1}"><h2 id="s${i + 1}">${i + 1}. ${name}</h2>
${body}
</section>
`,
)}</main>
<footer><p>Drawn from the report with digest <code>${digestJson(report)}</code>. Costs are implementation shortfall against the arrival
mid, fees included, in basis points of the arrival notional; more is worse.</p></footer>`;
  return htmlDocument(`${title}: ${report.verdict}`, body);
}

function sectionsOf(report: ValidationReport): [string, Html][] {
  const all: [string, Html | null][] = [
    ['Gates', gatesSection(report)],
    ['Costs', report.policies.length === 0 ? null : costsSection(report)],
    ['Baselines', baselinesSection(report)],
    ['Behaviour', report.policies.length === 0 ? null : behaviourSection(report)],
    ['Fidelity of the simulated market', fidelitySection(report)],
    ['Stress', report.stress.length === 0 ? null : stressSection(report)],
    ['Replay', replaySection(report)],
    ['Training', report.training.length < 2 ? null : trainingSection(report)],
    ['Protocol', protocolSection(report)],
    ['Lineage', lineageSection(report)],
    ['How to check this offline', verifySection(report)],
  ];
  return all.flatMap(([name, body]) => (body === null ? [] : [[name, body] satisfies [string, Html]]));
}

function verdictBox({ verdict, reasons, gates }: ValidationReport): Html {
  const failed = gates.filter((gate) => !gate.passed).length;
  return html`<div class="verdict ${verdict}" role="note"><strong>${verdict === 'passed' ? 'Passed' : 'Refused'}</strong>
<p>${verdict === 'passed' ? `All ${gates.length} gates passed.` : `${failed} of ${gates.length} gates refused:`}</p>
${reasons.length === 0 ? null : html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}</div>`;
}

/** One paragraph for people who read nothing else. */
function summary(report: ValidationReport): Html {
  const own = report.policies.find((policy) => policy.role === 'candidate');
  const best = report.baselines.toSorted((a, b) => a.meanBps - b.meanBps)[0];
  const closest = weakest(report.gates);
  const trained =
    report.candidate.trainedSteps === null
      ? 'a fixed schedule'
      : `a policy trained for ${fixed(report.candidate.trainedSteps, 0)} steps`;
  return html`<p>The candidate is ${trained}. It was tried on ${fixed(report.episodes, 0)} simulated parent orders that played no part in its training, on the same
price paths as every baseline.${
    own && best
      ? html` It cost ${fixed(own.meanBps)} bps on average; the best of ${report.baselines.length} tuned baselines, ${best.name}, cost ${fixed(best.meanBps)} bps,
a difference of ${signed(own.meanBps - best.meanBps)} bps. In the worst 5 % of orders it cost ${fixed(own.cvar95Bps)} bps against ${fixed(best.cvar95Bps)} bps.`
      : null
  }${closest ? html` The gate with the least room was ${closest.name} against ${closest.against}: ${closest.verdict}.` : null} The simulated market ${
    report.fidelity.every((row) => row.inside) ? 'matches' : 'does not match'
  } the recorded one in ${report.fidelity.every((row) => row.inside) ? `all ${report.fidelity.length}` : `${report.fidelity.filter((row) => !row.inside).length} of ${report.fidelity.length}`} figures compared. These are results in a simulated market and on a short replay, not in trading.</p>`;
}

/** The gate whose bound came nearest its margin, in units of what it could see. */
function weakest(gates: readonly GateRecord[]): GateRecord | undefined {
  const room = (gate: GateRecord) =>
    ((gate.marginBps ?? 0) - (gate.highBps ?? Infinity)) / (gate.minimalDetectableEffectBps ?? Infinity);
  return gates
    .filter((gate) => gate.highBps !== null && gate.minimalDetectableEffectBps && gate.kind !== 'veto')
    .toSorted((a, b) => room(a) - room(b))[0];
}

function lineageSection({ lineage, candidate, protocol, seed }: ValidationReport): Html {
  const rows: [string, string | null][] = [
    ['Model', candidate.digest],
    ['Request', lineage.request],
    ['Dataset', lineage.dataset],
    ['Market profile', lineage.profile],
    ['Training', lineage.training],
    ['Protocol', protocol.digest],
    ['Validation seed', `${seed}`],
  ];
  return html`<p>What this verdict stands on, by SHA-256. Validation read these from the registry alone and computed every number here anew.</p>
<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd><code>${value ?? 'none'}</code></dd>`)}</dl>`;
}

function verifySection({ line, candidate }: ValidationReport): Html {
  return html`<p>The report is an object in the registry, and its digest is in a signed statement in the log. With a copy of the registry and a trust file
from somebody you trust, no network is needed:</p>
<pre>npx assay log verify --registry REGISTRY --trust TRUST.json
npx assay verify ${line} --registry REGISTRY --trust TRUST.json
npx assay lineage ${candidate.digest} --registry REGISTRY --trust TRUST.json</pre>
<p>The first reads every byte of the log and its objects, the second what the line vouches for, the third who signed what on the way to this model.
To repeat the numbers, run the validation again on the same digests; the same inputs give the same report, byte for byte, on the same type of machine.</p>`;
}
