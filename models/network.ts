/**
 * The policy's and the value's networks: two separate multilayer perceptrons with tanh, over one flat parameter vector theta.
 *
 * Layout of theta: the actor's layers from input to output, then the critic's; each layer its weights (inputs x outputs,
 * row-major), then its bias. Observations arrive raw: scaling is part of the graph, in training as in serving.
 */
import { randomStream } from '../core/random.ts';
import { logSoftmax } from './graph/functions.ts';
import {
  add,
  clip,
  constant,
  greater,
  matmul,
  mul,
  reshape,
  slice,
  sub,
  type Tensor,
  tanh,
  where,
} from './graph/tensor.ts';

/** z = clip((x - shift) * scale, -clip, clip), feature by feature. */
export interface ObservationScaling {
  readonly shift: readonly number[];
  readonly scale: readonly number[];
  readonly clip: number;
}

export interface NetworkSpec {
  readonly observationSize: number;
  readonly actionCount: number;
  /** Widths of the hidden layers, the same for actor and critic. */
  readonly hidden: readonly number[];
  /** null: observations are used as they are. */
  readonly scaling: ObservationScaling | null;
}

/** One layer's tensors: weights [inputs, outputs], bias [1, outputs]. */
export interface Layer {
  readonly weights: Tensor;
  readonly bias: Tensor;
}

export interface NetworkParameters {
  readonly actor: readonly Layer[];
  readonly critic: readonly Layer[];
}

/** Logit of a forbidden action: its probability is exactly zero in float32 and float64. */
const forbidden = -1e8;

/** Widths of one perceptron, input and output included. */
function widths(spec: NetworkSpec, part: 'actor' | 'critic'): readonly number[] {
  return [spec.observationSize, ...spec.hidden, part === 'actor' ? spec.actionCount : 1];
}

/** Length of theta. */
export function parameterCount(spec: NetworkSpec): number {
  const of = (sizes: readonly number[]): number =>
    sizes.slice(1).reduce((total, out, i) => total + (sizes[i] + 1) * out, 0);
  return of(widths(spec, 'actor')) + of(widths(spec, 'critic'));
}

/** theta [count] cut into layers. */
export function parametersOf(spec: NetworkSpec, theta: Tensor): NetworkParameters {
  let offset = 0;
  const take = (rows: number, columns: number): Tensor => {
    const part = slice(theta, { axis: 0, start: offset, end: offset + rows * columns });
    offset += rows * columns;
    return reshape(part, [rows, columns]);
  };
  const layers = (part: 'actor' | 'critic'): Layer[] => {
    const sizes = widths(spec, part);
    return sizes.slice(1).map((out, i) => ({ weights: take(sizes[i], out), bias: take(1, out) }));
  };
  return { actor: layers('actor'), critic: layers('critic') };
}

/** Log-probabilities [n, actions] of the policy; `mask` [n, actions] is positive where an action is allowed. */
export function policyLogProbabilities(logits: Tensor, mask: Tensor): Tensor {
  return logSoftmax(maskedLogits(logits, mask), 1);
}

/** Logits with those of forbidden actions pressed down to nothing. */
export function maskedLogits(logits: Tensor, mask: Tensor): Tensor {
  return where(greater(mask, 0), logits, forbidden);
}

/** Raw observations [n, features] as the networks see them. */
export function scaled(observation: Tensor, scaling: ObservationScaling | null): Tensor {
  if (scaling === null) return observation;
  const row = (values: readonly number[]): Tensor => constant(values, [1, values.length]);
  return clip(mul(sub(observation, row(scaling.shift)), row(scaling.scale)), -scaling.clip, scaling.clip);
}

/** Output of one perceptron: tanh after every layer but the last. */
export function perceptron(layers: readonly Layer[], x: Tensor): Tensor {
  return layers.reduce((h, { weights, bias }, i) => {
    const out = add(matmul(h, weights), bias);
    return i < layers.length - 1 ? tanh(out) : out;
  }, x);
}

/**
 * Starting values: orthogonal weights, gain sqrt(2) in hidden layers, 0.01 for the policy head (an almost uniform policy) and
 * 1 for the value head; zero biases (Andrychowicz et al. 2021, section 3.2; CleanRL's `layer_init`).
 */
export function initialParameters(spec: NetworkSpec, seed: number): Float32Array {
  const theta = new Float32Array(parameterCount(spec));
  let offset = 0;
  for (const part of ['actor', 'critic'] as const) {
    const sizes = widths(spec, part);
    for (let layer = 1; layer < sizes.length; layer++) {
      const [rows, columns] = [sizes[layer - 1], sizes[layer]];
      const gain = layer < sizes.length - 1 ? Math.SQRT2 : part === 'actor' ? 0.01 : 1;
      const normal = randomStream(seed, 'network', part, layer);
      const weights = orthogonal(rows, columns, () => normal.normal());
      for (let i = 0; i < weights.length; i++) theta[offset + i] = gain * weights[i];
      offset += (rows + 1) * columns;
    }
  }
  return theta;
}

/**
 * A random matrix (rows x columns, row-major) with orthonormal rows or columns, whichever are fewer: Gram and Schmidt, twice,
 * on independent normals, which gives the uniform distribution over such matrices (Mezzadri 2007).
 */
export function orthogonal(rows: number, columns: number, normal: () => number): Float64Array {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, normal);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const along = dot(vector, other);
        for (let i = 0; i < length; i++) vector[i] = vector[i] - along * other[i];
      }
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((x) => x / norm));
  }
  const matrix = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      matrix[row * columns + column] = rows < columns ? vectors[row]?.[column] : vectors[column]?.[row];
  return matrix;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}
