/** The learner's own graphs, written in float64: what trains in float32 is the same expression. */

import { type Numbers, Session } from '../../../market/onnx/session.ts';
import { adamStep, beta1, beta2, clipByGlobalNorm } from '../../../models/adam.ts';
import { explainedVariance, generalisedAdvantages, normaliseAdvantages } from '../../../models/gae.ts';
import { entropyOf } from '../../../models/graph/functions.ts';
import { grad } from '../../../models/graph/gradient.ts';
import { exp, input, type Tensor } from '../../../models/graph/tensor.ts';
import { parameterCount, policyLogProbabilities } from '../../../models/network.ts';
import { annealedLearningRate } from '../../../models/ppo-config.ts';
import { ppoLoss } from '../../../models/ppo-loss.ts';
import { stepMetrics, trainStepModel } from '../../../models/train-step.ts';
import { evaluate } from '../../support/evaluate.ts';
import { notImplemented, type Problems } from '../handler.ts';

interface Gae {
  readonly rewards: readonly number[];
  readonly values: readonly number[];
  readonly lastValue: number;
  readonly terminated: readonly boolean[];
  readonly truncated: readonly boolean[];
  readonly finalValues: readonly (number | null)[];
  readonly gamma: number;
  readonly lambda: number;
}

interface PpoTerms {
  readonly values: readonly number[];
  readonly actions: readonly number[];
  readonly oldLogProbs: readonly number[];
  readonly advantages: readonly number[];
  readonly returns: readonly number[];
  readonly oldValues: readonly number[];
  readonly clip: number;
  readonly clipValue: boolean;
  readonly normalise: boolean;
  readonly entropyCoef: number;
  readonly valueCoef: number;
}

interface LayerNumbers {
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

interface NetworkNumbers {
  readonly actor: readonly LayerNumbers[];
  readonly critic: readonly LayerNumbers[];
}

interface PpoStep extends Omit<PpoTerms, 'values'> {
  readonly network: NetworkNumbers;
  readonly observations: readonly (readonly number[])[];
  readonly epochs: number;
  readonly learningRate: number;
  readonly clipNorm: number | null;
}

interface Adam {
  readonly parameters: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly clipNorm: number | null;
}

export const problems = {
  gae: (given: Gae) => {
    const { values, truncated, finalValues, lastValue } = given;
    const nextValues = values.map((_, t) => (truncated[t] ? Number(finalValues[t]) : (values[t + 1] ?? lastValue)));
    const advantages = new Float64Array(values.length);
    const [terminated, cut] = [given.terminated.map(Number), truncated.map(Number)];
    generalisedAdvantages({ ...given, nextValues, terminated, truncated: cut, count: 1 }, advantages);
    return { advantages, returns: advantages.map((advantage, t) => advantage + Number(values[t])) };
  },

  'advantage-normalisation': ({ advantages }: { advantages: readonly number[] }) => {
    const normalised = Float64Array.from(advantages);
    normaliseAdvantages(normalised);
    return { normalised };
  },

  'explained-variance': ({ values, returns }: { values: readonly number[]; returns: readonly number[] }) => ({
    explainedVariance: explainedVariance(values, returns),
  }),

  'lr-anneal': (given: { learningRate: number; updates: number; at: readonly number[] }) => ({
    rates: given.at.map((update) => annealedLearningRate(given.learningRate, update, given.updates)),
  }),

  categorical: async ({ logits, mask }: { logits: readonly number[]; mask: readonly boolean[] | null }) => {
    const shape = [1, logits.length];
    const allowed = logits.map((_, action) => mask?.[action] ?? true);
    const logProbs = policyLogProbabilities(input('logits', shape), input('mask', shape));
    const outputs = { logProbs, probabilities: exp(logProbs), entropy: entropyOf(logProbs) };
    const got = await evaluate(outputs, { logits, mask: allowed.map(Number) });
    const logProbabilities = got.logProbs?.map((logProb, action) => (allowed[action] ? logProb : null));
    return { probabilities: got.probabilities, logProbabilities, entropy: got.entropy?.[0] };
  },

  'ppo-discrete': async (given: PpoTerms & { logits: readonly (readonly number[])[] }) => {
    const [rows, actions] = [given.logits.length, Number(given.logits[0]?.length)];
    const logits = input('logits', [rows, actions]);
    const column = (name: string): Tensor => input(name, [rows, 1]);
    const values = column('value');
    const terms = ppoLoss(
      {
        logProbs: policyLogProbabilities(logits, input('mask', [rows, actions])),
        values,
        actions: column('action'),
        oldLogProbs: column('oldLogProb'),
        oldValues: column('oldValue'),
        advantages: column('advantage'),
        returns: column('return'),
        weights: column('weight'),
      },
      { ...given, clipValueLoss: given.clipValue },
    );
    const [gradLogits, gradValues] = grad(terms.loss, [logits, values]) as [Tensor, Tensor];
    const got = await evaluate(
      { ...terms, gradLogits, gradValues },
      { logits: given.logits.flat(), value: given.values, mask: Array(rows * actions).fill(1), ...columns(given) },
    );
    return {
      loss: got.loss?.[0],
      policyLoss: got.policyLoss?.[0],
      valueLoss: got.valueLoss?.[0],
      entropy: got.entropy?.[0],
      kl1: got.oldApproxKl?.[0],
      kl3: got.approxKl?.[0],
      clipFraction: got.clipFraction?.[0],
      gradLogits: given.logits.map((_, row) => got.gradLogits?.slice(row * actions, (row + 1) * actions)),
      gradValues: got.gradValues,
    };
  },

  adam: async (given: Adam) => {
    if (given.beta1 !== beta1 || given.beta2 !== beta2) return notImplemented;
    const flat = (name: string): Tensor => input(name, [given.parameters.length]);
    const { gradient, norm } = clipByGlobalNorm(flat('gradient'), given.clipNorm);
    const next = adamStep({ theta: flat('theta'), m: flat('m'), v: flat('v') }, gradient, {
      learningRate: given.learningRate,
      correction1: input('correction1', [1]),
      correction2: input('correction2', [1]),
      epsilon: given.epsilon,
    });
    let state: Record<string, number[]> = {
      theta: [...given.parameters],
      m: given.parameters.map(() => 0),
      v: given.parameters.map(() => 0),
    };
    const parametersAfterEach: unknown[] = [];
    const gradientNorms: unknown[] = [];
    for (const [i, raw] of given.gradients.entries()) {
      const corrections = { correction1: [1 - beta1 ** (i + 1)], correction2: [1 - beta2 ** (i + 1)] };
      const outputs = { nextTheta: next.theta, nextM: next.m, nextV: next.v, norm };
      const got = await evaluate(outputs, { ...state, gradient: raw, ...corrections });
      state = { theta: got.nextTheta ?? [], m: got.nextM ?? [], v: got.nextV ?? [] };
      parametersAfterEach.push(got.nextTheta);
      gradientNorms.push(got.norm?.[0]);
    }
    return { parametersAfterEach, gradientNorms };
  },

  'ppo-step': async (given: PpoStep) => {
    const { actor } = given.network;
    const spec = {
      observationSize: Number(actor[0]?.weights.length),
      actionCount: Number(actor.at(-1)?.bias.length),
      hidden: actor.slice(0, -1).map(({ bias }) => bias.length),
      scaling: null,
    };
    const rows = given.observations.length;
    const options = { ...given, clipValueLoss: given.clipValue, maxGradNorm: given.clipNorm, adamEpsilon: 1e-5 };
    const session = await Session.load(trainStepModel(spec, rows, { ...options, precision: 'float64' }));
    const zeros = new Float64Array(parameterCount(spec));
    let state: Record<string, Numbers> = { theta: Float64Array.from(flatten(given.network)), m: zeros, v: zeros };
    const batch = Object.fromEntries(
      Object.entries({
        observation: given.observations.flat(),
        mask: Array<number>(rows * spec.actionCount).fill(1),
        ...columns(given),
      }).map(([name, values]) => [name, Float64Array.from(values)]),
    );
    const losses: number[] = [];
    const gradientNorms: number[] = [];
    for (let t = 1; t <= given.epochs; t++) {
      const scalars = {
        learningRate: Float64Array.of(given.learningRate),
        correction1: Float64Array.of(1 - beta1 ** t),
        correction2: Float64Array.of(1 - beta2 ** t),
      };
      const { metrics, ...got } = await session.run({ ...state, ...batch, ...scalars });
      state = { theta: got.nextTheta, m: got.nextM, v: got.nextV };
      losses.push(Number(metrics?.[stepMetrics.indexOf('loss')]));
      gradientNorms.push(Number(metrics?.[stepMetrics.indexOf('grad_norm')]));
    }
    return { losses, gradientNorms, network: unflatten(given.network, Array.from(state.theta ?? [], Number)) };
  },
} satisfies Problems;

/** The columns of a minibatch in which every row counts. */
function columns(given: Omit<PpoTerms, 'values'>): Record<string, readonly number[]> {
  const advantage = Float64Array.from(given.advantages);
  if (given.normalise) normaliseAdvantages(advantage);
  return {
    action: given.actions,
    oldLogProb: given.oldLogProbs,
    oldValue: given.oldValues,
    advantage: [...advantage],
    return: given.returns,
    weight: given.actions.map(() => 1 / given.actions.length),
  };
}

function flatten({ actor, critic }: NetworkNumbers): number[] {
  return [...actor, ...critic].flatMap(({ weights, bias }) => [...weights.flat(), ...bias]);
}

/** theta in the layers of `like`. */
function unflatten({ actor, critic }: NetworkNumbers, theta: readonly number[]): NetworkNumbers {
  let offset = 0;
  const take = (length: number): number[] => theta.slice(offset, (offset += length));
  const layers = (part: readonly LayerNumbers[]): LayerNumbers[] =>
    part.map(({ weights, bias }) => ({ weights: weights.map((row) => take(row.length)), bias: take(bias.length) }));
  return { actor: layers(actor), critic: layers(critic) };
}
