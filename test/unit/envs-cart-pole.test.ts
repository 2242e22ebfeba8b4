import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CartPole, type CartPoleState, cartPoleFell, cartPoleStep } from '../../envs/cart-pole.ts';
import { differences } from '../conformance/compare.ts';

interface RolloutVector {
  readonly id: string;
  readonly given: { environment: string; initialState: CartPoleState; actions: readonly number[] };
  readonly expect: { states: readonly (readonly number[])[]; terminatedAtStep: number | null };
  readonly tolerance: number;
}

const path = join(import.meta.dirname, '../vectors/rl-environments.json');
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: RolloutVector[] };
const cartPole = vectors.filter(({ given }) => given.environment === 'CartPole-v1');

describe('the reference trajectories', () => {
  it('are there', () => expect(cartPole.length).toBeGreaterThanOrEqual(5));

  it.each(cartPole)('$id', ({ given, expect: want, tolerance }) => {
    const states: CartPoleState[] = [];
    let state = given.initialState;
    for (const action of given.actions) {
      if (cartPoleFell(state)) break;
      state = cartPoleStep(state, action);
      states.push(state);
    }
    const terminatedAtStep = cartPoleFell(state) ? states.length : null;
    expect(differences({ states, terminatedAtStep }, { ...pick(want) }, { tolerance })).toEqual([]);
  });
});

describe('the vectorised environment', () => {
  it('repeats an episode for the same seed and round, and has others for another round', () => {
    const [a, b] = [new CartPole(4), new CartPole(4)];
    a.reset(1, 2);
    b.reset(1, 2);
    expect(a.observations).toEqual(b.observations);
    b.reset(1, 3);
    expect(a.observations).not.toEqual(b.observations);
  });

  it('absorbs: after the fall nothing moves and nothing is earned, until reset', () => {
    const env = new CartPole(2);
    env.reset(1, 1);
    let earned = 0;
    for (let t = 0; t < 50; t++) {
      env.step(Int32Array.of(1, t % 2));
      earned += env.rewards[0];
    }
    expect(env.terminated[0]).toBe(1);
    expect(earned).toBeGreaterThan(7);
    expect(earned).toBeLessThan(13);
    const final = env.observations.slice(0, 4);
    env.step(Int32Array.of(0, 0));
    expect(env.observations.slice(0, 4)).toEqual(final);
    expect(env.rewards[0]).toBe(0);
    env.reset(1, 2);
    expect([...env.terminated]).toEqual([0, 0]);
  });

  it('is truncated, not terminated, when the pole still stands at the horizon', () => {
    const env = new CartPole(1);
    env.reset(1, 1);
    for (let t = 0; t < env.horizonSteps; t++) {
      expect(env.truncated[0]).toBe(0);
      const [x, speed, angle, spin] = env.observations as unknown as CartPoleState;
      env.step(Int32Array.of(angle + 0.5 * spin + 0.05 * x + 0.1 * speed > 0 ? 1 : 0));
    }
    expect([env.terminated[0], env.truncated[0]]).toEqual([0, 1]);
  });
});

function pick({ states, terminatedAtStep }: RolloutVector['expect']): RolloutVector['expect'] {
  return { states, terminatedAtStep };
}
