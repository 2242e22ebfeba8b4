/** A report for people, on a terminal and as a page: of a validation, of a fallback's tuning, of an execution on paper. */
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { parseStrictJson } from '../core/strict-json.ts';
import { readJournal } from '../executor/read-journal.ts';
import { parseTca, type TcaReport } from '../executor/tca.ts';
import { tcaText } from '../executor/tca-text.ts';
import { renderReport } from '../validation/report/page.ts';
import { type GateRecord, parseReport, type ValidationReport } from '../validation/report/schema.ts';
import { parseTuningReport, renderTuningReport, settingsText, type TuningReport } from '../validation/report/tuning.ts';
import { renderExecution } from './execution-page.ts';
import { short, table } from './look.ts';

export interface ShownReport {
  readonly text: string;
  /** One self-contained page. */
  readonly page: string;
  readonly report: ValidationReport | TuningReport | TcaReport;
}

/**
 * @param object the bytes of a digest, verified
 * @throws ASSAY_STATEMENT_INVALID when it is no report; ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT, ASSAY_JOURNAL_INVALID
 */
export function showReport(digest: Sha256, object: (digest: Sha256) => Uint8Array): ShownReport {
  const bytes = object(digest);
  const json = parseStrictJson(Buffer.from(bytes).toString('utf8'));
  const kind = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : undefined;
  if (kind === 'validation-report') {
    const report = parseReport(json);
    return { text: validationText(report), page: renderReport(report), report };
  }
  if (kind === 'tuning-report') {
    const report = parseTuningReport(json);
    return { text: tuningText(report), page: renderTuningReport(report), report };
  }
  if (kind === 'tca') {
    const report = parseTca(bytes, digest);
    return { text: tcaText(report), page: renderExecution(report, readJournal(object(report.journal))), report };
  }
  throw new AssayError('ASSAY_STATEMENT_INVALID', {
    reason: `${digest} is no report of a validation, a tuning or an execution`,
  });
}

/** Costs in basis points of the arrival notional; an estimate is the candidate's cost less the other's. */
export function validationText({ candidate, line, verdict, gates, episodes, fidelity }: ValidationReport): string {
  const failed = gates.filter(({ passed }) => !passed).length;
  const inside = fidelity.filter((row) => row.inside).length;
  return [
    `${verdict}: ${candidate.name} (${short(candidate.digest)}) on ${line}, ${gates.length - failed} of ${gates.length} gates passed`,
    `${episodes} simulated orders each; ${inside} of ${fidelity.length} figures of the simulated market inside the capture's interval`,
    '',
    table([
      ['', 'gate', 'against', 'market', 'bps', 'interval', 'margin', 'MDE', 'in words'],
      ...gates.map((gate) => [gate.passed ? 'passed' : 'REFUSED', ...gateCells(gate)]),
    ]),
  ].join('\n');
}

function gateCells(gate: GateRecord): string[] {
  const { name, against, scenario, estimateBps, lowBps, highBps, marginBps, minimalDetectableEffectBps } = gate;
  const three = (value: number | null) => (value === null ? '-' : value.toFixed(3));
  const interval = estimateBps === null ? '-' : `[${three(lowBps)}, ${three(highBps)}]`;
  const market = scenario.length > 20 ? `${scenario.slice(0, 17)}...` : scenario;
  return [
    ...[name, against, market, three(estimateBps), interval],
    ...[three(marginBps), three(minimalDetectableEffectBps), gate.verdict],
  ];
}

function tuningText({ line, chosen, baselines, rule, episodes }: TuningReport): string {
  const best = baselines.map(({ name, best, tried }) => ({ name, ...best, tried: tried.length }));
  const rows = [...best, { name: 'Imbalance rule, for comparison', ...rule.best, tried: rule.tried.length }];
  return [
    `fallback of ${line}: ${chosen.name}, ${settingsText(chosen.settings)} (${short(chosen.schedule)})`,
    `${episodes} simulated orders a setting`,
    '',
    table([
      ['baseline', 'tried', 'mean bps', 'best settings'],
      ...rows.map(({ name, tried, meanBps, settings }) => [
        ...[name, String(tried), meanBps.toFixed(3), settingsText(settings)],
      ]),
    ]),
  ].join('\n');
}
