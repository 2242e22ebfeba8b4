/**
 * The tuning report: every setting of every baseline that was tried, and which of them opens the line. It is what the two
 * who approve a fallback have read. No time, host, path or speed, so that the same tuning gives the same bytes.
 */
import { z } from 'zod';
import { digestJson } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { LoadedProtocol } from '../protocol.ts';
import { requireFinite } from '../statistics/sample.ts';
import { bestBaseline, shownSettings, type TriedSetting, type Tuning } from '../tune-baselines.ts';
import { htmlDocument } from './document.ts';
import { fixed, type Html, html } from './html.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex');
const settings = z.record(z.string(), z.number());
const tried = z
  .array(z.strictObject({ settings, meanBps: z.number() }))
  .min(1)
  .describe('in the order of the grid');
const best = { settings, meanBps: z.number() };

const tuningReport = z.strictObject({
  kind: z.literal('tuning-report'),
  version: z.literal(1),
  line: z.string(),
  profile: digest,
  protocol: z.strictObject({ version: z.int().min(1), digest }),
  seed: z.int().min(0),
  episodes: z.int().min(1).describe('simulated parent orders a setting, the same for all'),
  baselines: z.array(z.strictObject({ name: z.string(), best: z.strictObject(best), tried })).min(1),
  rule: z.strictObject({ best: z.strictObject(best), tried }).describe('the hand-written rule, for comparison'),
  chosen: z.strictObject({ schedule: digest, name: z.string(), ...best }).describe('the lowest mean of all baselines'),
});

/** Costs are mean implementation shortfall on the tuning seeds, basis points of the arrival notional, fees included. */
export type TuningReport = Readonly<z.infer<typeof tuningReport>>;

export interface TuningFacts {
  /** SHA-256 of the profile. */
  readonly profile: string;
  readonly protocol: LoadedProtocol;
  readonly tuning: Tuning;
  /** SHA-256 of the chosen schedule's canonical JSON. */
  readonly schedule: string;
}

/** @throws ASSAY_NOT_FINITE when a mean is no number */
export function tuningReportOf({
  profile,
  protocol: { protocol, digest },
  tuning,
  schedule,
}: TuningFacts): TuningReport {
  const { line, version, seeds, episodes } = protocol;
  const rows = <Setting>(all: readonly TriedSetting<Setting>[], show: (setting: Setting) => Record<string, number>) => {
    requireFinite(
      'the costs of tuning',
      Float64Array.from(all, ({ meanBps }) => meanBps),
    );
    return all.map(({ setting, meanBps }) => ({ settings: show(setting), meanBps }));
  };
  const baselines = tuning.baselines.map(({ name, spec, tuningBps, tried }, i) => {
    const show = (setting: typeof spec) => shownSettings(setting, protocol.baselines[i]);
    return { name, best: { settings: show(spec), meanBps: tuningBps }, tried: rows(tried, show) };
  });
  const { name } = bestBaseline(tuning);
  const { best } = baselines[tuning.baselines.findIndex((baseline) => baseline.name === name)];
  const { threshold, tuningBps } = tuning.rule;
  return {
    kind: 'tuning-report',
    version: 1,
    line,
    profile,
    protocol: { version, digest },
    seed: seeds.tuning,
    episodes: episodes.tuning,
    baselines,
    rule: {
      best: { settings: { threshold }, meanBps: tuningBps },
      tried: rows(tuning.rule.tried, (setting) => ({ threshold: setting })),
    },
    chosen: { schedule, name, ...best },
  };
}

/** A report as it was read. @throws ASSAY_STATEMENT_INVALID naming the first field that is wrong */
export function parseTuningReport(json: unknown): TuningReport {
  const result = tuningReport.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const reason = `tuning report, ${issue.path.join('.') || 'top'}: ${issue.message}`;
  throw new AssayError('ASSAY_STATEMENT_INVALID', { reason });
}

/** Settings in one line: `lead 0.5, tolerance 0.1`. */
export function settingsText(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** The report as one self-contained page. */
export function renderTuningReport(report: TuningReport): string {
  const { line, chosen, episodes, baselines, rule, profile, protocol, seed } = report;
  const title = `Fallback of line ${line}`;
  const settingsTried = baselines.reduce((sum, { tried }) => sum + tried.length, 0);
  return htmlDocument(
    title,
    html`<header>
<h1>${title}</h1>
<p class="subject">Schedule <code>${chosen.schedule}</code></p>
<p>${chosen.name} (${settingsText(chosen.settings)}) cost ${fixed(chosen.meanBps, 3)} bps on average, the least of ${fixed(settingsTried, 0)} settings of
${baselines.length} baselines, each tried on the same ${fixed(episodes, 0)} simulated parent orders. It is the best of what was tried here, and nothing
was compared with it: it is what runs when no model may.</p>
</header>
<main>
<section><h2>The best of each</h2>
<div class="scroll"><table><thead><tr><th scope="col">Baseline</th><th scope="col">Settings</th><th scope="col" class="number">Tried</th><th scope="col" class="number">Mean cost, bps</th></tr></thead>
<tbody>${[...baselines, { name: 'Imbalance rule, for comparison', ...rule }].map(
      ({ name, best, tried }) =>
        html`<tr><th scope="row">${name}</th><td>${settingsText(best.settings)}</td><td class="number">${tried.length}</td><td class="number">${fixed(best.meanBps, 3)}</td></tr>
`,
    )}</tbody></table></div></section>
${baselines.map(({ name, tried }) => triedSection(name, tried))}${triedSection('Imbalance rule', rule.tried)}</main>
<footer><p>Drawn from the report with digest <code>${digestJson(report)}</code>. Profile <code>${profile}</code>, protocol version ${protocol.version} <code>${protocol.digest}</code>,
tuning seed ${seed}. Costs are implementation shortfall against the arrival mid, fees included, in basis points of the arrival notional.</p></footer>`,
  );
}

function triedSection(name: string, tried: TuningReport['rule']['tried']): Html {
  return html`<section><h2>${name}: everything that was tried</h2>
<div class="scroll"><table><thead><tr><th scope="col">Settings</th><th scope="col" class="number">Mean cost, bps</th></tr></thead>
<tbody>${tried
    .toSorted((a, b) => a.meanBps - b.meanBps)
    .map(
      (row) =>
        html`<tr><th scope="row">${settingsText(row.settings)}</th><td class="number">${fixed(row.meanBps, 3)}</td></tr>
`,
    )}</tbody></table></div></section>
`;
}
