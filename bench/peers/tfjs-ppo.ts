/**
 * The same PPO update written a second time, in TensorFlow.js: the tests compare gradients and steps with it, the benches speed.
 * Works with any backend that is set. Written from the formulas, not from our graph.
 */
import * as tf from '@tensorflow/tfjs';
import type { NetworkSpec } from '../../models/network.ts';
import type { TrainStepOptions } from '../../models/train-step.ts';

/** The arrays of the train-step graph, by its input names. */
export interface PeerBatch {
  readonly observation: Float32Array;
  readonly mask: Float32Array;
  readonly action: Float32Array;
  readonly oldLogProb: Float32Array;
  readonly oldValue: Float32Array;
  readonly advantage: Float32Array;
  readonly return: Float32Array;
  readonly weight: Float32Array;
}

interface Layer {
  readonly weights: tf.Variable<tf.Rank.R2>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

export class TfjsPpo {
  readonly #spec: NetworkSpec;
  readonly #options: TrainStepOptions;
  readonly #actor: readonly Layer[];
  readonly #critic: readonly Layer[];
  readonly #adam: tf.AdamOptimizer;

  /** Parameters in our layout; Adam's moments start at zero. */
  constructor(spec: NetworkSpec, theta: Float32Array, options: TrainStepOptions & { readonly learningRate: number }) {
    this.#spec = spec;
    this.#options = options;
    let offset = 0;
    const layers = (outputs: number): Layer[] => {
      const widths = [spec.observationSize, ...spec.hidden, outputs];
      return widths.slice(1).map((columns, i) => {
        const rows = widths[i];
        const weights = tf.tensor2d(theta.slice(offset, offset + rows * columns), [rows, columns]);
        const bias = tf.tensor1d(theta.slice(offset + rows * columns, offset + (rows + 1) * columns));
        offset += (rows + 1) * columns;
        return { weights: tf.variable(weights), bias: tf.variable(bias) };
      });
    };
    this.#actor = layers(spec.actionCount);
    this.#critic = layers(1);
    this.#adam = tf.train.adam(options.learningRate, 0.9, 0.999, options.adamEpsilon);
  }

  /** Loss and its gradient, flat in our layout, unclipped. */
  gradient(batch: PeerBatch): { loss: number; gradient: Float32Array } {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => this.#loss(batch), this.#variables);
      const gradient = this.#variables.flatMap((variable) => Array.from(grads[variable.name].dataSync()));
      return { loss: value.dataSync()[0], gradient: Float32Array.from(gradient) };
    });
  }

  /** One update: gradient, clipping by the global norm, Adam. */
  step(batch: PeerBatch): void {
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => this.#loss(batch), this.#variables);
      const limit = this.#options.maxGradNorm;
      const norm = tf.sqrt(tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)))));
      const scale = limit === null ? tf.scalar(1) : tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)));
      const clipped = Object.entries(grads).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, scale) }));
      this.#adam.applyGradients(clipped);
    });
  }

  /** Parameters in our layout. */
  theta(): Float32Array {
    return Float32Array.from(this.#variables.flatMap((variable) => Array.from(variable.dataSync())));
  }

  dispose(): void {
    for (const variable of this.#variables) variable.dispose();
    this.#adam.dispose();
  }

  get #variables(): tf.Variable[] {
    return [...this.#actor, ...this.#critic].flatMap(({ weights, bias }) => [weights, bias] as tf.Variable[]);
  }

  #loss(batch: PeerBatch): tf.Scalar {
    const { observationSize, actionCount, scaling } = this.#spec;
    const rows = batch.weight.length;
    const { clip, clipValueLoss, entropyCoef, valueCoef } = this.#options;
    let observation: tf.Tensor2D = tf.tensor2d(batch.observation, [rows, observationSize]);
    if (scaling !== null)
      observation = tf.clipByValue(
        tf.mul(tf.sub(observation, tf.tensor1d([...scaling.shift])), tf.tensor1d([...scaling.scale])),
        -scaling.clip,
        scaling.clip,
      );
    const weight = tf.tensor1d(batch.weight);
    const average = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(x, weight));

    const allowed = tf.greater(tf.tensor2d(batch.mask, [rows, actionCount]), 0);
    const logits = tf.where(allowed, perceptron(this.#actor, observation), tf.fill([rows, actionCount], -1e8));
    const logProbs = tf.logSoftmax(logits);
    const taken = tf.oneHot(tf.tensor1d(Int32Array.from(batch.action), 'int32'), actionCount);
    const ratio = tf.exp(tf.sub(tf.sum(tf.mul(logProbs, taken), 1), tf.tensor1d(batch.oldLogProb)));
    const advantage = tf.tensor1d(batch.advantage);
    const surrogate = tf.minimum(
      tf.mul(advantage, ratio),
      tf.mul(advantage, tf.clipByValue(ratio, 1 - clip, 1 + clip)),
    );

    const value = tf.reshape(perceptron(this.#critic, observation), [rows]);
    const [oldValue, target] = [tf.tensor1d(batch.oldValue), tf.tensor1d(batch.return)];
    const error = tf.square(tf.sub(value, target));
    const near = tf.add(oldValue, tf.clipByValue(tf.sub(value, oldValue), -clip, clip));
    const squared = clipValueLoss ? tf.maximum(error, tf.square(tf.sub(near, target))) : error;
    const entropy = tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), 1));

    const value2 = tf.mul(0.5 * valueCoef, average(squared));
    return tf.sub(tf.sub(value2, average(surrogate)), tf.mul(entropyCoef, average(entropy))) as tf.Scalar;
  }
}

function perceptron(layers: readonly Layer[], x: tf.Tensor2D): tf.Tensor2D {
  return layers.reduce((h: tf.Tensor2D, { weights, bias }, i) => {
    const out = tf.add(tf.matMul(h, weights), bias) as tf.Tensor2D;
    return i < layers.length - 1 ? tf.tanh(out) : out;
  }, x);
}
