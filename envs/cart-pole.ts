/**
 * CartPole-v1 (Barto, Sutton and Anderson 1983; constants and time limit as in Gymnasium's classic control): the field's common
 * yardstick for a learner, here to check and measure ours. `count` carts side by side; an episode terminates when the cart is
 * beyond 2.4 m or the pole beyond 12 degrees, and is truncated after 500 steps. Reward 1 a step, the last included.
 */
import { randomStream } from '../core/random.ts';
import type { VectorEnv } from './vector-env.ts';

const gravity = 9.8;
const poleMass = 0.1;
const totalMass = 1.1;
const halfLength = 0.5;
const force = 10;
const stepSeconds = 0.02;
const positionLimit = 2.4;
const angleLimit = (12 * 2 * Math.PI) / 360;

/** [position m, velocity m/s, angle rad, angular velocity rad/s]. */
export type CartPoleState = readonly [number, number, number, number];

/** One Euler step; positions first, with the old velocities. `action` 1 pushes right, 0 left. */
export function cartPoleStep([x, speed, angle, spin]: CartPoleState, action: number): CartPoleState {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const pushed = ((action === 1 ? force : -force) + poleMass * halfLength * spin * spin * sin) / totalMass;
  const spinUp = (gravity * sin - cos * pushed) / (halfLength * (4 / 3 - (poleMass * cos * cos) / totalMass));
  const speedUp = pushed - (poleMass * halfLength * spinUp * cos) / totalMass;
  return [
    x + stepSeconds * speed,
    speed + stepSeconds * speedUp,
    angle + stepSeconds * spin,
    spin + stepSeconds * spinUp,
  ];
}

export function cartPoleFell([x, , angle]: CartPoleState): boolean {
  return Math.abs(x) > positionLimit || Math.abs(angle) > angleLimit;
}

export class CartPole implements VectorEnv {
  readonly count: number;
  readonly observationSize = 4;
  readonly actionCount = 2;
  readonly horizonSteps = 500;
  readonly observations: Float32Array;
  readonly masks: Uint8Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  #states: CartPoleState[] = [];
  #steps = 0;

  constructor(count: number) {
    this.count = count;
    this.observations = new Float32Array(count * 4);
    this.masks = new Uint8Array(count * 2).fill(1);
    this.rewards = new Float32Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
  }

  /** Starting states are uniform in [-0.05, 0.05], from the stream (seed, 'cart-pole', round). */
  reset(seed: number, round: number): void {
    const random = randomStream(seed, 'cart-pole', round);
    const start = (): number => random.uniform() * 0.1 - 0.05;
    this.#states = Array.from({ length: this.count }, () => [start(), start(), start(), start()]);
    for (const [i, state] of this.#states.entries()) this.observations.set(state, i * 4);
    this.rewards.fill(0);
    this.terminated.fill(0);
    this.truncated.fill(0);
    this.#steps = 0;
  }

  step(actions: Int32Array): void {
    this.#steps++;
    for (let i = 0; i < this.count; i++) {
      const ended = this.terminated[i] === 1 || this.truncated[i] === 1;
      this.rewards[i] = ended ? 0 : 1;
      if (ended) continue;
      const state = cartPoleStep(this.#states[i], actions[i]);
      this.#states[i] = state;
      this.observations.set(state, i * 4);
      if (cartPoleFell(state)) this.terminated[i] = 1;
      else if (this.#steps >= this.horizonSteps) this.truncated[i] = 1;
    }
  }
}
