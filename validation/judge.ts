/** Which gates a candidate has to pass, over the costs of everybody in every market. */
import type { ReplayResult } from '../market/replay-run.ts';
import { nonInferiority, replayVeto, shareOfFigure, shareOfGain, superiority } from './gates.ts';
import type { Protocol } from './protocol.ts';
import type { GateRecord } from './report/schema.ts';
import { mean } from './statistics/sample.ts';
import { cvar } from './statistics/tail-risk.ts';
import type { TrialResult } from './trial.ts';

/** One policy in the normal market, and where it was run in each stress scenario (in the protocol's order) and on recorded events. */
export interface Evidence {
  readonly name: string;
  readonly normal: TrialResult;
  readonly stressed: readonly TrialResult[];
  readonly replay: ReplayResult | undefined;
}

export interface Comparison {
  readonly protocol: Protocol;
  readonly candidate: Evidence;
  readonly baselines: readonly Evidence[];
  /** The baseline that is best in the normal market; it has been stressed and replayed, too. */
  readonly best: Evidence;
  readonly rule: Evidence;
  readonly champion: Evidence | undefined;
}

/** In the order of the report. */
export function comparisonGates({ protocol, candidate, baselines, best, rule, champion }: Comparison): GateRecord[] {
  const { confidence, resamples, margins, seeds } = protocol;
  const options = { seed: seeds.bootstrap, confidence, resamples };
  const against = (other: Evidence) => ({
    ...options,
    against: other.name,
    candidate: candidate.normal.costsBps,
    baseline: other.normal.costsBps,
  });
  const bestCosts = best.normal.costsBps;
  const ruleCosts = rule.normal.costsBps;
  const ruleGain = mean(bestCosts) - mean(ruleCosts);
  return [
    ...baselines.map((baseline) => superiority({ ...against(baseline), name: 'Mean shortfall' })),
    nonInferiority({
      ...against(best),
      name: 'Tail',
      statistic: 'cvar95',
      marginBps: shareOfFigure(cvar(bestCosts), margins.cvar),
    }),
    ...protocol.stress.map(({ name }, i) =>
      nonInferiority({
        ...options,
        name: 'Stress',
        against: best.name,
        scenario: name,
        candidate: candidate.stressed[i].costsBps,
        baseline: best.stressed[i].costsBps,
        statistic: 'mean',
        marginBps: shareOfFigure(mean(best.stressed[i].costsBps), margins.stress),
      }),
    ),
    nonInferiority({
      ...against(rule),
      name: 'Hand-written rule',
      statistic: 'mean',
      marginBps: shareOfGain(mean(bestCosts), mean(ruleCosts), margins.ruleGain),
      note: `the rule itself gains ${ruleGain.toFixed(3)} bps on ${best.name}`,
    }),
    ...(champion === undefined ? [] : [superiority({ ...against(champion), name: 'Champion', kind: 'champion' })]),
    ...replayGate(protocol, candidate, best),
  ];
}

function replayGate(protocol: Protocol, candidate: Evidence, best: Evidence): GateRecord[] {
  if (candidate.replay === undefined || best.replay === undefined) return [];
  const { confidence, resamples, seeds, replay, task } = protocol;
  return [
    replayVeto({
      name: 'Replay',
      against: best.name,
      candidate: bySide(candidate.replay),
      baseline: bySide(best.replay),
      everyMs: replay.everyMs,
      horizonMs: task.horizonMs,
      limitBps: replay.vetoBps,
      seed: seeds.bootstrap,
      confidence,
      resamples,
    }),
  ];
}

/** Costs of the starts in their order, sells and buys apart. */
export function bySide({ costsBps, side }: ReplayResult): { readonly sell: Float64Array; readonly buy: Float64Array } {
  return { sell: costsBps.filter((_, i) => side[i] < 0), buy: costsBps.filter((_, i) => side[i] > 0) };
}
