/** What a policy does at each queue imbalance: seen by listening to it on some episodes. */
import { evaluate } from '../envs/evaluate.ts';
import type { ExecutionMarket } from '../envs/execution-market.ts';
import { FIELD, OBSERVATION_SIZE } from '../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../market/policy.ts';
import type { ValidationReport } from './report/schema.ts';

const buckets = 20;

interface Episodes {
  readonly seed: number;
  readonly stream: string;
  readonly episodes: number;
}

/** One row an imbalance bucket that was met; a guard that withdraws counts as resting nothing. Finished orders decide nothing. */
export async function behaviourOf(
  market: ExecutionMarket,
  policy: Policy,
  episodes: Episodes,
): Promise<ValidationReport['behaviour']> {
  const listener = new Listener(policy);
  await evaluate(market, listener, episodes);
  return listener.rows();
}

class Listener implements Policy {
  readonly name: string;
  readonly #policy: Policy;
  readonly #decisions = new Float64Array(buckets);
  readonly #post = new Float64Array(buckets);
  readonly #cross = new Float64Array(buckets);

  constructor(policy: Policy) {
    this.name = policy.name;
    this.#policy = policy;
  }

  async decide(observations: Float32Array, actions: Float32Array, count: number): Promise<void> {
    await this.#policy.decide(observations, actions, count);
    for (let i = 0; i < count; i++) {
      if (observations[i * OBSERVATION_SIZE + FIELD.remaining] <= 0) continue;
      const imbalance = observations[i * OBSERVATION_SIZE + FIELD.imbalance];
      const [post, cross, guard] = actions.subarray(i * ACTION_SIZE, (i + 1) * ACTION_SIZE);
      const bucket = Math.min(buckets - 1, Math.max(0, Math.floor(((imbalance + 1) / 2) * buckets)));
      const withdrawn = guard < 1 && imbalance < -guard;
      this.#decisions[bucket] += 1;
      this.#post[bucket] += withdrawn ? 0 : post;
      this.#cross[bucket] += cross;
    }
  }

  rows(): ValidationReport['behaviour'] {
    const all = this.#decisions.reduce((sum, count) => sum + count, 0);
    return Array.from(this.#decisions, (count, i) => ({
      low: (2 * i) / buckets - 1,
      high: (2 * (i + 1)) / buckets - 1,
      share: count / all,
      post: this.#post[i] / count,
      cross: this.#cross[i] / count,
    })).filter(({ share }) => share > 0);
  }
}
