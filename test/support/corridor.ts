/** Two decision problems small enough to know the answer. */
import { randomStream } from '../../core/random.ts';
import type { VectorEnv } from '../../envs/vector-env.ts';

/**
 * Five cells in a row, eight steps. Action 0 stays: worth 1 in the last cell, 0.2 in the others. Action 1 walks right: worth
 * nothing, and forbidden in the last cell. Starts in cell 0, 1 or 2 by chance. The best return from cell s is 4 + s.
 */
export class Corridor implements VectorEnv {
  readonly observationSize = 6;
  readonly actionCount = 2;
  readonly horizonSteps = 8;
  readonly count: number;
  readonly observations: Float32Array;
  readonly masks: Uint8Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly cells: Int32Array;
  #step = 0;

  constructor(count: number) {
    this.count = count;
    this.observations = new Float32Array(count * this.observationSize);
    this.masks = new Uint8Array(count * this.actionCount);
    this.rewards = new Float32Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
    this.cells = new Int32Array(count);
  }

  reset(seed: number, round: number): void {
    const random = randomStream(seed, 'corridor', round);
    for (let i = 0; i < this.count; i++) this.cells[i] = random.below(3);
    this.#step = 0;
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.#show();
  }

  step(actions: Int32Array): void {
    const over = this.#step >= this.horizonSteps;
    this.#step++;
    for (let i = 0; i < this.count; i++) {
      if (actions[i] === 1 && this.masks[2 * i + 1] === 0) throw new Error('a forbidden action was taken');
      const stays = actions[i] === 0;
      this.rewards[i] = over || !stays ? 0 : this.cells[i] === 4 ? 1 : 0.2;
      if (!over && !stays) this.cells[i] = this.cells[i] + 1;
    }
    if (this.#step >= this.horizonSteps) this.terminated.fill(1);
    this.#show();
  }

  #show(): void {
    this.observations.fill(0);
    for (let i = 0; i < this.count; i++) {
      const cell = this.cells[i];
      this.observations[i * this.observationSize + cell] = 1;
      this.observations[i * this.observationSize + 5] = 1 - this.#step / this.horizonSteps;
      this.masks[2 * i] = 1;
      this.masks[2 * i + 1] = cell < 4 ? 1 : 0;
    }
  }
}

/**
 * A reward of 1 a step whatever is done, watched for four steps. When watching ends without the task being over (`truncated`)
 * the value of every state is 1 / (1 - gamma); when the task ends (`terminated`) it is what is left of the four.
 */
export class Salary implements VectorEnv {
  readonly observationSize = 1;
  readonly actionCount = 2;
  readonly horizonSteps = 4;
  readonly count = 8;
  readonly observations = new Float32Array(8).fill(1);
  readonly masks = new Uint8Array(16).fill(1);
  readonly rewards = new Float32Array(8);
  readonly terminated = new Uint8Array(8);
  readonly truncated = new Uint8Array(8);
  readonly #ending: 'terminated' | 'truncated';
  #step = 0;

  constructor(ending: 'terminated' | 'truncated') {
    this.#ending = ending;
  }

  reset(): void {
    this.#step = 0;
    this[this.#ending].fill(0);
  }

  step(): void {
    this.rewards.fill(this.#step < this.horizonSteps ? 1 : 0);
    this.#step++;
    if (this.#step >= this.horizonSteps) this[this.#ending].fill(1);
  }
}
