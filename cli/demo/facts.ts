/** Facts for the summary, read from what the stages left in the registry; whatever is read is verified first. */

import type { ExecuteResult } from '../../activities/types.ts';
import { parseManifest } from '../../curation/manifest.ts';
import type { QualityReport } from '../../curation/quality.ts';
import { parseTca } from '../../executor/tca.ts';
import { coins, gateText } from '../../executor/tca-text.ts';
import { isKind, subjectOf } from '../../registry/entries.ts';
import type { TrustedRegistry } from '../../registry/read.ts';
import { parseReport } from '../../validation/report/schema.ts';
import type { CandidateFacts, DataFacts, ExecutionFacts } from './summary.ts';

interface CalibrationReport {
  readonly fidelity: readonly { readonly inside: boolean }[];
}

export function dataFacts(registry: TrustedRegistry, dataset: string, profile: string): DataFacts {
  const { tables, report } = parseManifest(registry.object(dataset));
  const quality = json<QualityReport>(registry, report);
  const statement = registry.entries.filter(isKind('profile')).findLast((entry) => subjectOf(entry) === profile);
  const calibration = statement && json<CalibrationReport>(registry, statement.statement.predicate.report);
  const { sequence, clock, silences, gate } = quality;
  return {
    dataset,
    profile,
    captures: quality.captures.map(({ name, lines, parseErrors }) => ({ name, lines, parseErrors })),
    events: tables.reduce((sum, { rows }) => sum + rows, 0),
    gaps: Object.values(sequence).reduce((sum, { breaks }) => sum + breaks, 0),
    clockOffsetMs: clock.offsetMs,
    silenceMs: silences.quotes.longestMs,
    crossedShare: gate.checks.find(({ name }) => name === 'crossedBook')?.found ?? 0,
    faithful: calibration?.fidelity.filter(({ inside }) => inside).length ?? 0,
    moments: calibration?.fidelity.length ?? 0,
  };
}

/** @param digest of the validation report */
export function candidateFacts(registry: TrustedRegistry, digest: string): CandidateFacts {
  const report = parseReport(json(registry, digest));
  const { candidate, verdict, reasons, episodes, gates, policies, baselines } = report;
  const own = policies.find(({ role }) => role === 'candidate');
  return {
    ...{ name: candidate.name, model: candidate.digest, report: digest, trainedSteps: candidate.trainedSteps ?? 0 },
    ...{ verdict, reasons, episodes, gates },
    ...{ meanBps: own?.meanBps ?? 0, cvar95Bps: own?.cvar95Bps ?? 0, makerShare: own?.makerShare ?? 0 },
    baselines: baselines.map(({ name, settingsTried, meanBps }) => ({ name, settingsTried, meanBps })),
  };
}

export function executionFacts(
  registry: TrustedRegistry,
  when: ExecutionFacts['when'],
  { ran, report, fallbackBecause, fallbackReason = '' }: ExecuteResult,
): ExecutionFacts {
  const tca = parseTca(registry.object(report), report);
  const { total, parents, coin, policy } = tca;
  const { lots, filledLots, makerShare, shortfall } = total;
  return {
    ...{ when, ran, policy, ...(fallbackBecause && { because: { code: fallbackBecause, message: fallbackReason } }) },
    ...{
      orders: parents.length,
      lots,
      filledLots,
      bps: shortfall.bps,
      coin,
      totalCoin: coins(shortfall.picoCoin.total),
    },
    ...{ makerShare, gate: gateText(tca) },
  };
}

function json<T>(registry: TrustedRegistry, digest: string): T {
  return JSON.parse(registry.object(digest).toString('utf8')) as T;
}
