/** Collecting whole episodes: `count` of them side by side, from reset to horizon, under a stochastic policy. */
import { type Random, randomStream } from '../core/random.ts';
import type { VectorEnv } from '../envs/vector-env.ts';
import { Session } from '../market/onnx/session.ts';
import type { NetworkSpec } from './network.ts';
import { forwardModel } from './train-step.ts';

/** Steps x count arrays, row `t * count + i` for step t of episode i. Overwritten by the next `collect`. */
export class Rollout {
  readonly steps: number;
  readonly count: number;
  readonly observations: Float32Array;
  readonly masks: Float32Array;
  readonly actions: Int32Array;
  readonly logProbs: Float32Array;
  /** Value of the observation each step began with; one row more, for the observation after the last step. */
  readonly values: Float32Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** 1 where the episode had not ended before the step. */
  readonly live: Uint8Array;
  /** Undiscounted return and length of each episode. */
  readonly returns: Float64Array;
  readonly lengths: Int32Array;

  readonly #env: VectorEnv;
  readonly #forward: Session;
  readonly #observation: Float32Array;
  readonly #mask: Float32Array;
  readonly #outputs: { readonly logProbs: Float32Array; readonly value: Float32Array };
  readonly #chosen: Int32Array;

  private constructor(env: VectorEnv, forward: Session) {
    const { count, observationSize, actionCount, horizonSteps: steps } = env;
    this.#env = env;
    this.#forward = forward;
    this.steps = steps;
    this.count = count;
    this.observations = new Float32Array(steps * count * observationSize);
    this.masks = new Float32Array(steps * count * actionCount);
    this.actions = new Int32Array(steps * count);
    this.logProbs = new Float32Array(steps * count);
    this.values = new Float32Array((steps + 1) * count);
    this.rewards = new Float32Array(steps * count);
    this.terminated = new Uint8Array(steps * count);
    this.truncated = new Uint8Array(steps * count);
    this.live = new Uint8Array(steps * count);
    this.returns = new Float64Array(count);
    this.lengths = new Int32Array(count);
    this.#observation = new Float32Array(count * observationSize);
    this.#mask = new Float32Array(count * actionCount);
    this.#outputs = { logProbs: new Float32Array(count * actionCount), value: new Float32Array(count) };
    this.#chosen = new Int32Array(count);
  }

  static async create(env: VectorEnv, spec: NetworkSpec): Promise<Rollout> {
    return new Rollout(env, await Session.load(forwardModel(spec, env.count)));
  }

  /** Play round `round` of `seed` with the policy `theta`. Actions draw from the stream (seed, 'ppo', 'actions', round). */
  async collect(theta: Float32Array, seed: number, round: number): Promise<void> {
    const env = this.#env;
    const random = randomStream(seed, 'ppo', 'actions', round);
    const live = new Uint8Array(this.count).fill(1);
    this.returns.fill(0);
    this.lengths.fill(0);
    env.reset(seed, round);
    for (let step = 0; step < this.steps; step++) {
      const at = step * this.count;
      await this.#look(theta, step);
      this.observations.set(this.#observation, at * env.observationSize);
      this.masks.set(this.#mask, at * env.actionCount);
      this.live.set(live, at);
      this.#choose(random, at);
      env.step(this.#chosen);
      this.#note(at, live);
    }
    await this.#look(theta, this.steps);
  }

  /** Evaluate actor and critic on the present observations; the values become row `step`. */
  async #look(theta: Float32Array, step: number): Promise<void> {
    this.#observation.set(this.#env.observations);
    this.#mask.set(this.#env.masks);
    await this.#forward.run({ theta, observation: this.#observation, mask: this.#mask }, this.#outputs);
    this.values.set(this.#outputs.value, step * this.count);
  }

  /** One uniform number an episode and step, dead or alive, so that an episode's end shifts nobody else's draws. */
  #choose(random: Random, at: number): void {
    const { actionCount } = this.#env;
    const { logProbs } = this.#outputs;
    for (let i = 0; i < this.count; i++) {
      const row = i * actionCount;
      const action = drawAction(logProbs.subarray(row, row + actionCount), random.uniform());
      this.#chosen[i] = action;
      this.actions[at + i] = action;
      this.logProbs[at + i] = logProbs[row + action];
    }
  }

  #note(at: number, live: Uint8Array): void {
    const { rewards, terminated, truncated } = this.#env;
    for (let i = 0; i < this.count; i++) {
      const alive = live[i] === 1;
      const reward = alive ? rewards[i] : 0;
      this.rewards[at + i] = reward;
      this.terminated[at + i] = terminated[i];
      this.truncated[at + i] = truncated[i];
      if (!alive) continue;
      this.returns[i] = this.returns[i] + reward;
      this.lengths[i] = this.lengths[i] + 1;
      if (terminated[i] || truncated[i]) live[i] = 0;
    }
  }

  async release(): Promise<void> {
    await this.#forward.release();
  }
}

/** The action at quantile `uniform` of the distribution; never one of probability zero. */
export function drawAction(logProbs: ArrayLike<number>, uniform: number): number {
  let last = 0;
  let cumulative = 0;
  for (let action = 0; action < logProbs.length; action++) {
    const probability = Math.exp(logProbs[action]);
    if (probability === 0) continue;
    last = action;
    cumulative += probability;
    if (uniform < cumulative) return action;
  }
  return last;
}
