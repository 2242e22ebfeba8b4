/**
 * A trial: one contender on a range of episodes in one market. Ranges are cut the same way however many threads share the
 * work, and a part depends on nothing but its own range, so the result does not depend on the threads either.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256 } from '../core/digest.ts';
import { evaluateAll } from '../envs/evaluate.ts';
import { type ExecutionMarket, executionMarket, type TaskSpec } from '../envs/execution-market.ts';
import { type StressSpec, stressOf } from '../envs/stress.ts';
import type { Policy } from '../market/policy.ts';
import type { MarketProfile } from '../market/profile.ts';
import { type Contender, policyOf } from './contender.ts';

/** Plain data: it travels to a worker thread. */
export interface Trial {
  readonly contender: Contender;
  /** Left out: the normal market. */
  readonly stress?: StressSpec;
  readonly seed: number;
  readonly stream: string;
  readonly episodes: number;
}

export interface TrialResult {
  /** Implementation shortfall by episode, basis points of the arrival notional, fees included. */
  readonly costsBps: Float64Array;
  /** Mean fraction left after each decision. */
  readonly inventory: Float64Array;
  /** Share of the quantity filled as maker. */
  readonly makerShare: number;
}

/** Some episodes of some trials that meet the same markets: what one thread does at a time. */
export interface Part extends Omit<Trial, 'contender'> {
  readonly contenders: readonly Contender[];
  /** Of the trials, in the order of the contenders. */
  readonly trials: readonly number[];
  readonly from: number;
}

/** A multiple of `batch`, so that a network sees the same batches whatever the number of parts. */
const partEpisodes = 512;
const batch = 256;
/** Contenders in one market at a time: its path is simulated once for all of them. */
const crowd = 32;

/** In the order of the episodes of each trial. */
export function partsOf(trials: readonly Trial[]): Part[] {
  const markets = Map.groupBy(trials.keys(), (i) => {
    const { contender: _, ...market } = trials[i];
    return canonicalJson(market);
  });
  return [...markets.values()].flatMap((members) => {
    const { contender: _, ...market } = trials[members[0]];
    const ranges = Array.from({ length: Math.ceil(market.episodes / partEpisodes) }, (_, i) => i * partEpisodes);
    return chunks(members, crowd).flatMap((chosen) =>
      ranges.map((from) => ({
        ...market,
        contenders: chosen.map((i) => trials[i].contender),
        trials: chosen,
        from,
        episodes: Math.min(partEpisodes, market.episodes - from),
      })),
    );
  });
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** Results of the parts in their order as the result of the whole. */
export function joined(parts: readonly TrialResult[]): TrialResult {
  const episodes = parts.reduce((sum, { costsBps }) => sum + costsBps.length, 0);
  const costsBps = new Float64Array(episodes);
  const inventory = new Float64Array(parts[0].inventory.length);
  let makerShare = 0;
  let from = 0;
  for (const part of parts) {
    const weight = part.costsBps.length / episodes;
    costsBps.set(part.costsBps, from);
    from += part.costsBps.length;
    for (const [t, left] of part.inventory.entries()) inventory[t] += weight * left;
    makerShare += weight * part.makerShare;
  }
  return { costsBps, inventory, makerShare };
}

/** Runs parts in this thread; keeps markets and networks for the parts that share them. */
export class Bench {
  readonly #profile: MarketProfile;
  readonly #task: TaskSpec;
  readonly #markets = new Map<string, ExecutionMarket>();
  readonly #policies = new Map<string, Policy>();

  constructor(profile: MarketProfile, task: TaskSpec) {
    this.#profile = profile;
    this.#task = task;
  }

  market(stress?: StressSpec): ExecutionMarket {
    const name = stress === undefined ? '' : canonicalJson(stress);
    const known = this.#markets.get(name);
    if (known !== undefined) return known;
    // A stressed market is the normal one with a change: they share its law.
    const market =
      stress === undefined
        ? executionMarket(this.#profile, this.#task)
        : { ...this.market(), stress: stressOf(stress) };
    this.#markets.set(name, market);
    return market;
  }

  /** One result a contender of the part. */
  async run({ contenders, stress, seed, stream, episodes, from }: Omit<Part, 'trials'>): Promise<TrialResult[]> {
    const policies = await Promise.all(contenders.map((contender) => this.policy(contender)));
    return evaluateAll(this.market(stress), policies, { seed, stream, episodes, from, batch });
  }

  async policy(contender: Contender): Promise<Policy> {
    const key = contender.type === 'policy' ? sha256(contender.bytes) : JSON.stringify(contender);
    const known = this.#policies.get(key);
    if (known !== undefined) return known;
    const policy = await policyOf(contender);
    this.#policies.set(key, policy);
    return policy;
  }
}
