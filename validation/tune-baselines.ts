/** Gives every baseline its best settings: all of its grid on the tuning seeds, the same markets for each, best by mean. */
import type { MarketProfile } from '../market/profile.ts';
import type { ScheduleSpec } from '../market/schedules.ts';
import { type Contender, contenderName } from './contender.ts';
import type { TrialPool } from './parallel.ts';
import { type BaselineGrid, type Protocol, settingsOf } from './protocol.ts';
import { mean } from './statistics/sample.ts';
import type { Trial } from './trial.ts';

/** One setting that was tried, and its mean shortfall on the tuning seeds, basis points. */
export interface TriedSetting<Setting> {
  readonly setting: Setting;
  readonly meanBps: number;
}

export interface TunedBaseline {
  readonly name: string;
  readonly family: string;
  /** The best of those tried, and its mean. */
  readonly spec: ScheduleSpec;
  readonly tuningBps: number;
  /** In the order of the grid. */
  readonly tried: readonly TriedSetting<ScheduleSpec>[];
}

export interface TunedRule {
  readonly threshold: number;
  readonly tuningBps: number;
  readonly tried: readonly TriedSetting<number>[];
}

export interface Tuning {
  /** In the order of the protocol. */
  readonly baselines: readonly TunedBaseline[];
  readonly rule: TunedRule;
}

export interface TuningOptions {
  readonly profile: MarketProfile;
  readonly protocol: Protocol;
  readonly pool: TrialPool;
  /** Told episodes done and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export async function tuneBaselines({ profile, protocol, pool, onProgress }: TuningOptions): Promise<Tuning> {
  const grids = protocol.baselines.map((grid) => settingsOf(grid, profile.volumeCurve));
  const schedules = grids.flat().map((spec): Contender => ({ type: 'schedule', spec }));
  const rules = protocol.ruleThresholds.map((threshold): Contender => ({ type: 'rule', threshold }));
  const trials = [...schedules, ...rules].map((contender) => tuningTrial(contender, protocol));
  const total = trials.length * protocol.episodes.tuning;
  const results = await pool.run(trials, (done) => onProgress?.(done, total));
  const means = results.map(({ costsBps }) => mean(costsBps));
  let from = 0;
  const tryAll = <Setting>(settings: readonly Setting[]) => {
    const tried = settings.map((setting, i) => ({ setting, meanBps: means[from + i] }));
    from += settings.length;
    return { tried, best: tried[lowest(tried.map(({ meanBps }) => meanBps))] };
  };
  const baselines = grids.map((specs, i): TunedBaseline => {
    const { tried, best } = tryAll(specs);
    const name = contenderName({ type: 'schedule', spec: best.setting });
    return { name, family: protocol.baselines[i].family, spec: best.setting, tuningBps: best.meanBps, tried };
  });
  const { tried, best } = tryAll(protocol.ruleThresholds);
  return { baselines, rule: { threshold: best.setting, tuningBps: best.meanBps, tried } };
}

/** The baseline that is best on the tuning seeds: what a line opens with. */
export function bestBaseline({ baselines }: Pick<Tuning, 'baselines'>): TunedBaseline {
  return baselines[lowest(baselines.map(({ tuningBps }) => tuningBps))];
}

/** The numbers that a family's settings are, for people; the rest of a spec is the same for all of its grid. */
export function shownSettings(spec: ScheduleSpec, { grid }: Pick<BaselineGrid, 'grid'>): Record<string, number> {
  const axes = Object.entries(grid).filter(([, values]) => values.length > 1);
  return Object.fromEntries(axes.map(([axis]) => [axis, spec[axis as keyof typeof grid]]));
}

function tuningTrial(contender: Contender, { seeds, episodes }: Protocol): Trial {
  return { contender, seed: seeds.tuning, stream: 'tuning', episodes: episodes.tuning };
}

/** Index of the lowest, the first among equals; a mean that is not a number never wins. */
function lowest(means: readonly number[]): number {
  let best = 0;
  for (const [i, value] of means.entries()) if (value < means[best] || Number.isNaN(means[best])) best = i;
  return best;
}
